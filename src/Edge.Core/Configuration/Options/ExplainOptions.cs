using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>explain</c> as written.</summary>
internal sealed class ExplainOptions
{
    /// <summary>Most tiers in the list.</summary>
    public const int TiersMax = 64;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ExplainOptions> Shape = new(
        "explain", "explanation settings", "Who may ask what each stage decided, by `X-Edge-Explain: 1`.",
        new Key<ExplainOptions, List<Located<string>>>(
            "tiers", new ListShape<string>(Scalars.Name, "tiers", 1, TiersMax), (o, v) => o.Tiers = v,
            "The tiers whose callers are answered.", isRequired: true));

    /// <summary>Whose callers.</summary>
    public Located<List<Located<string>>>? Tiers { get; set; }
}
