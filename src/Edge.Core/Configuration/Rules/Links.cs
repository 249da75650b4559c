using System.Linq;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Identity;

namespace Edge.Core.Configuration.Rules;

/// <summary>URLs that are not services: where keys are, where a person may go.</summary>
internal static class Links
{
    /// <summary>Most characters of a URL.</summary>
    public const int LinkCharsMax = 2048;

    /// <summary>What JSON Schema can say of a URL.</summary>
    public const string Pattern = "^https?://[^/?#@\\\\\\s]+([/?#][^\\\\\\s]*)?$";

    /// <summary>What JSON Schema can say of a resource's identifier.</summary>
    public const string IdentifierPattern = "^https?://[^/?#@\\\\\\s]+(/[^?#\\\\\\s]*)?$";

    /// <summary>Checks a URL that is shown to people.</summary>
    public static Parsed<string> Parse(string text)
    {
        if (text.Length > LinkCharsMax) return new Problem($"has more than {LinkCharsMax} characters");
        if (text.Any(c => c is <= ' ' or > '~' or '"' or '\\' or '<' or '>'))
            return new Problem("has a character that stands in URLs only percent-encoded (a space is %20)");
        var end = text.AsSpan().IndexOfAny('?', '#');
        return Targets.Parse(end < 0 ? text : text[..end]).Problem is { } problem ? problem : text;
    }

    /// <summary>Checks a URL that the gateway fetches.</summary>
    public static Parsed<string> ParseFetched(string text)
    {
        if (text.Contains('#', StringComparison.Ordinal)) return new Problem("has a fragment; leave it out");
        if (Parse(text).Problem is { } problem) return problem;
        return IssuerUrl.TryParse(text, out _)
            ? text
            : new Problem("has a character that stands in URLs only percent-encoded (a space is %20)");
    }

    /// <summary>
    /// Checks the identifier of a resource (RFC 9728, section 1.2). A query is allowed there and not here: the path alone leads
    /// to the metadata, and no client is known to send one.
    /// </summary>
    public static Parsed<string> ParseIdentifier(string text) =>
        text.Contains('?', StringComparison.Ordinal) ? new Problem("has a query; leave it out") : ParseFetched(text);
}
