using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>The single values of what the file says about answers from memory.</summary>
internal static class CacheRules
{
    /// <summary>What stands for the body in <c>varyOn</c>.</summary>
    public const string Body = "body";

    /// <summary>What is before a header's name there.</summary>
    public const string HeaderPrefix = "header:";

    private const string ClaimPrefix = "claim:";
    private const int ClaimCharsMax = 100;

    /// <summary>Who shares answers.</summary>
    public static readonly ScalarShape<CacheScopePlan> Scope = new(
        "a scope", new ScalarSchema(ScalarType.Text) { Pattern = "^(consumer|tier|public|claim:.{1,100})$" }, ParseScope);

    /// <summary>What tells answers apart.</summary>
    public static readonly ScalarShape<string> Part = new(
        "body or header:NAME",
        new ScalarSchema(ScalarType.Text) { Pattern = "^(body|header:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256})$" },
        static text => IsPart(text) ? text : new Problem("tells no answers apart; write body or header:NAME"));

    /// <summary>Where answers are kept: true for what replicas share.</summary>
    public static readonly ScalarShape<bool> Store = new(
        "memory or redis", new ScalarSchema(ScalarType.Text) { Choices = ["memory", "redis"] },
        static text => text switch
        {
            "memory" => false,
            "redis" => true,
            _ => new Problem("is not where answers can be kept; write memory or redis"),
        });

    /// <summary>A tag.</summary>
    public static readonly ScalarShape<string> Tag = new(
        "a tag", new ScalarSchema(ScalarType.Text) { Pattern = "^[!-+\\--~]{1,256}$" },
        static text => text.Length is > 0 and <= Caching.CacheTags.TagCharsMax
            && !text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.Contains(',')
            ? text
            : new Problem("is not a tag; write up to 256 visible characters of ASCII, without commas"));

    /// <summary>A temperature.</summary>
    public static readonly ScalarShape<double> Temperature = new(
        "a temperature from 0 to 2", new ScalarSchema(ScalarType.Number) { Minimum = 0, Maximum = 2 },
        static text => double.TryParse(
                text, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture,
                out var value) && value is >= 0 and <= 2
            ? value
            : new Problem("is not a temperature; write a number from 0 to 2"));

    /// <summary>How near two questions are. Below a half are those that have nothing in common.</summary>
    public static readonly ScalarShape<double> Threshold = new(
        "a threshold from 0.5 to 1", new ScalarSchema(ScalarType.Number) { Minimum = 0, Maximum = 1 },
        static text => double.TryParse(
                text, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture,
                out var value) && value is >= 0.5 and <= 1
            ? value
            : new Problem("is not a threshold; write a number from 0.5 to 1"));

    private static bool IsPart(string text) =>
        text == Body || (text.StartsWith(HeaderPrefix, StringComparison.Ordinal)
            && text.Length <= HeaderPrefix.Length + HeaderFields.NameCharsMax
            && HeaderFields.IsToken(text.AsSpan(HeaderPrefix.Length)));

    private static Parsed<CacheScopePlan> ParseScope(string text)
    {
        switch (text)
        {
            case "consumer":
                return new CacheScopePlan(CacheScopeKind.Consumer, "");
            case "tier":
                return new CacheScopePlan(CacheScopeKind.Tier, "");
            case "public":
                return new CacheScopePlan(CacheScopeKind.Public, "");
        }

        if (text.StartsWith(ClaimPrefix, StringComparison.Ordinal) && text.Length > ClaimPrefix.Length
            && text.Length <= ClaimPrefix.Length + ClaimCharsMax)
        {
            return new CacheScopePlan(CacheScopeKind.Claim, text[ClaimPrefix.Length..]);
        }

        return new Problem("is not a scope; write consumer, tier, claim:NAME or public");
    }
}
