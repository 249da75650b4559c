using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>A route's <c>translate</c> as written.</summary>
internal sealed class TranslateOptions
{
    /// <summary>Largest bound of an answer's tokens.</summary>
    public const int TokensMost = 10_000_000;

    private static readonly ScalarShape<bool> Drops = new(
        "refuse or drop", new ScalarSchema(ScalarType.Text) { Choices = ["refuse", "drop"] },
        text => text switch
        {
            "refuse" => false,
            "drop" => true,
            _ => new Problem("is not what becomes of a setting that cannot be carried over; write refuse or drop"),
        });

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<TranslateOptions> Shape = new(
        "translate", "translation settings",
        "How requests and answers are translated where the upstream speaks another dialect than the caller.",
        new Key<TranslateOptions, int>(
            "maxTokens", Scalars.Count(1, TokensMost), (o, v) => o.MaxTokens = v,
            "Most tokens of an answer where the request names no limit: Anthropic's API wants one.", defaultText: "4096"),
        new Key<TranslateOptions, bool>(
            "unsupported", Drops, (o, v) => o.Unsupported = v,
            "What becomes of a request whose settings bear on the answer and have no equivalent: `refuse` answers 400 and " +
            "names the first of them, `drop` leaves them out and names all in `X-Edge-Dropped`.", defaultText: "refuse"));

    /// <summary>Tokens of an answer.</summary>
    public Located<int>? MaxTokens { get; set; }

    /// <summary>Whether what has no equivalent is left out.</summary>
    public Located<bool>? Unsupported { get; set; }
}
