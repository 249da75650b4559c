using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The file of prices as written.</summary>
internal sealed class PriceFileOptions
{
    /// <summary>Most models.</summary>
    public const int ModelsMax = 10_000;

    /// <summary>Most bytes of the file.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<PriceFileOptions> Shape = new(
        "prices", "prices", "What models cost: a file of its own.",
        new Key<PriceFileOptions, List<Named<PriceOptions>>>(
            "models",
            new MapShape<PriceOptions>(
                BodyScalars.Model, PriceOptions.Shape, "a mapping of models to prices", 1, ModelsMax, StringComparer.Ordinal),
            (o, v) => o.Models = v,
            "By the name of the model; one that ends with `*` is that of all models which begin so.", isRequired: true),
        new Key<PriceFileOptions, PriceOptions>(
            "unknown", PriceOptions.AnyShape, (o, v) => o.Unknown = v,
            "What other models cost. `refuse`: they are not let in where money is limited.", defaultText: "refuse"));

    /// <summary>Prices by model.</summary>
    public Located<List<Named<PriceOptions>>>? Models { get; set; }

    /// <summary>What others cost.</summary>
    public Located<PriceOptions>? Unknown { get; set; }
}

/// <summary>The price of a model as written.</summary>
internal sealed class PriceOptions
{
    /// <summary>The description of the object.</summary>
    public static readonly ObjectShape<PriceOptions> Shape = new(
        "price", "a price", "US dollars for a million tokens.",
        new Key<PriceOptions, long>("input", LimitRules.Price, (o, v) => o.Input = v, "Of the prompt.", isRequired: true),
        new Key<PriceOptions, long>(
            "cachedInput", LimitRules.Price, (o, v) => o.CachedInput = v,
            "Of the prompt, where the provider had them in its cache. Left out: as `input`."),
        new Key<PriceOptions, long>(
            "cacheWrite", LimitRules.Price, (o, v) => o.CacheWrite = v,
            "Of the prompt, where the provider put them into its cache. Left out: as `input`."),
        new Key<PriceOptions, long>("output", LimitRules.Price, (o, v) => o.Output = v, "Of the answer.", isRequired: true));

    /// <summary>The description of the object, or the word <c>refuse</c>.</summary>
    public static readonly WordOrObjectShape<PriceOptions, bool> AnyShape = new(
        new ScalarShape<bool>(
            "refuse", new ScalarSchema(ScalarType.Text) { Choices = ["refuse"] },
            static text => text == "refuse" ? true : new Problem("is not a price; write refuse, or input and output")),
        Shape,
        static _ => new PriceOptions { IsRefused = true });

    /// <summary>True for the word.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Of the prompt.</summary>
    public Located<long>? Input { get; set; }

    /// <summary>Of the prompt, from the cache.</summary>
    public Located<long>? CachedInput { get; set; }

    /// <summary>Of the prompt, into the cache.</summary>
    public Located<long>? CacheWrite { get; set; }

    /// <summary>Of the answer.</summary>
    public Located<long>? Output { get; set; }
}
