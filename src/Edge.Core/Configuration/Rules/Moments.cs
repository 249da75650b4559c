using System.Globalization;

namespace Edge.Core.Configuration.Rules;

/// <summary>Points in time as the file writes them: a day, or a moment with its offset (RFC 3339).</summary>
public static class Moments
{
    /// <summary>What JSON Schema can say of a moment.</summary>
    public const string Pattern =
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,7})?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Reads a day, which begins at midnight UTC, or a moment.</summary>
    /// <returns>False for anything else; a moment without its offset could be any of a day's.</returns>
    public static bool TryParse(string text, out DateTimeOffset moment)
    {
        moment = default;
        var isDay = text.Length == Formats[0].Length;
        var hasOffset = text.Length > 6 && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-');
        return (isDay || hasOffset) && DateTimeOffset.TryParseExact(
            text.ToUpperInvariant(), Formats, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);
    }
}
