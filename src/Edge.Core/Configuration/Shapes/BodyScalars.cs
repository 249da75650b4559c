using System.Globalization;
using System.Linq;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Configuration.Options;
using Edge.Core.Llm;

namespace Edge.Core.Configuration.Shapes;

/// <summary>The single values of what the file says about bodies.</summary>
internal static class BodyScalars
{
    /// <summary>Most characters of a member's name.</summary>
    public const int MemberCharsMax = 256;

    /// <summary>Most characters of a model's name.</summary>
    public const int ModelCharsMax = 200;

    /// <summary>Most tokens that any limit may have.</summary>
    public const long TokensMax = 1_000_000_000;

    private const string DrainPattern = "^[0-9]{1,10} ?tokens$";

    /// <summary>The name of a member of a body.</summary>
    public static readonly ScalarShape<string> MemberName = Of<string>(
        "a member's name", "^[^/].{0,255}$", text => text.Length is 0 or > MemberCharsMax
            ? new Problem($"is not the name of a member; write 1 to {MemberCharsMax} characters")
            : text[0] != '/' ? text
            : new Problem($"is a pointer; rules are about members of the body itself, such as '{text.Trim('/')}'"));

    /// <summary>The name of a query parameter.</summary>
    public static readonly ScalarShape<string> ParameterName = Of<string>(
        "a parameter's name", "^[!-$&-~]{1,256}$",
        text => text.Length is 0 or > MemberCharsMax || text.Any(static c => c is <= ' ' or > '~' or '%')
            ? new Problem("is not the name of a query parameter; write it in visible ASCII, not percent-encoded") : text);

    /// <summary>The name of a model, perhaps with stars.</summary>
    public static readonly ScalarShape<string> Model = Of<string>(
        "a model", "^[^\\s]{1,200}$", text => IsModel(text) ? text : NoModel());

    /// <summary>The name of a model.</summary>
    public static readonly ScalarShape<string> ModelName = Of<string>("a model", "^[^\\s*]{1,200}$", text =>
        IsModel(text) && !text.Contains('*', StringComparison.Ordinal) ? text : NoModel());

    /// <summary>A number of tokens.</summary>
    public static readonly ScalarShape<long> Tokens = new(
        $"a number of tokens from 1 to {TokensMax}",
        new ScalarSchema(ScalarType.Integer) { Minimum = 1, Maximum = TokensMax },
        text => TryCount(text, out var count)
            ? count : new Problem($"is not a number of tokens; write a whole number from 1 to {TokensMax}"));

    /// <summary>A number of tokens with its unit.</summary>
    public static readonly ScalarShape<long> TokensWithUnit = Of<long>(
        "a number of tokens such as 2000 tokens", DrainPattern, text =>
    {
        const string Unit = "tokens";
        var number = text.EndsWith(Unit, StringComparison.Ordinal) ? text[..^Unit.Length].TrimEnd(' ') : "";
        return TryCount(number, out var count)
            ? count : new Problem("is not a number of tokens; write one with its unit, such as 2000 tokens");
    });

    /// <summary>A format that is transformed.</summary>
    public static readonly ScalarShape<BodyFormat> Format = new(
        "a format (mobile)", new ScalarSchema(ScalarType.Text) { Choices = ["mobile"] },
        text => text == "mobile" ? BodyFormat.Mobile : new Problem("is not a format; write mobile"));

    /// <summary>The word that stands for breaking an answer off.</summary>
    public static readonly ScalarShape<bool> Abort = new(
        "abort", new ScalarSchema(ScalarType.Text) { Choices = ["abort"] },
        text => text == "abort" ? true : new Problem("is neither abort nor { drain: 2000 tokens }; write one of these"));

    /// <summary>Whether a stream stops when a limit is used up.</summary>
    public static readonly ScalarShape<bool> Exhaustion = new(
        "finish or stop", new ScalarSchema(ScalarType.Text) { Choices = ["finish", "stop"] },
        text => text switch
        {
            "finish" => false,
            "stop" => true,
            _ => new Problem("is not what becomes of a stream; write finish or stop"),
        });

    /// <summary>How tokens are estimated.</summary>
    public static readonly ScalarShape<EstimateKind> Estimate = new(
        "chars4, calibrated or exact", new ScalarSchema(ScalarType.Text) { Choices = ["chars4", "calibrated", "exact"] },
        text => text switch
        {
            "chars4" => EstimateKind.Chars4,
            "calibrated" => EstimateKind.Calibrated,
            "exact" => EstimateKind.Exact,
            _ => new Problem("is not a way to estimate; write chars4, calibrated or exact"),
        });

    /// <summary>A text with placeholders.</summary>
    public static readonly ScalarShape<RewriteTemplate> TemplateText = new("a text", ScalarSchema.AnyText, text =>
    {
        try
        {
            return RewriteTemplate.OfText(text);
        }
        catch (RewriteException exception)
        {
            return new Problem("is not a text for bodies: " + exception.Message);
        }
    })
    {
        HasPlaceholders = true,
    };

    private static bool IsModel(string text) =>
        text.Length is > 0 and <= ModelCharsMax && !text.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c));

    private static bool TryCount(string text, out long count) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= TokensMax;

    private static Problem NoModel() => new($"is not a model; write 1 to {ModelCharsMax} characters without spaces");

    private static ScalarShape<T> Of<T>(string noun, string pattern, Func<string, Parsed<T>> parse) =>
        new(noun, new ScalarSchema(ScalarType.Text) { Pattern = pattern }, parse);
}
