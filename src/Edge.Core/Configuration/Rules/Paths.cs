using System.Buffers;
using System.Globalization;
using System.Linq;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>
/// Path patterns. They are compared with the normalised path of a request, so they have to be in that form themselves
/// (RFC 3986, section 6.2.2); one that is not could never match and is refused.
/// </summary>
internal static class Paths
{
    /// <summary>Most characters in a path pattern or a target's path.</summary>
    public const int PathCharsMax = 2048;

    /// <summary>Most characters in the name of a parameter.</summary>
    public const int ParameterCharsMax = 64;

    /// <summary>What JSON Schema can say of a path pattern.</summary>
    public const string Pattern = "^/[^?#\\s\\\\]*$";

    private const string AnyBelow = "/*";

    /// <summary>RFC 3986: pchar and "/", without '%', which is looked at by itself.</summary>
    private static readonly SearchValues<char> PathChars = SearchValues.Create(
        "/-._~!$&'()*+,;=:@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> UnreservedChars = SearchValues.Create(
        "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Reads a pattern.</summary>
    public static Parsed<PathPattern> Parse(string text)
    {
        var isPrefix = text.EndsWith(AnyBelow, StringComparison.Ordinal);
        var fixedPart = isPrefix ? text[..^AnyBelow.Length] : text;
        if (fixedPart.Length == 0 && isPrefix) return new PathPattern(PathPatternKind.Prefix, text);
        if (!fixedPart.StartsWith('/')) return new Problem("does not begin with '/', as every path does");
        if (fixedPart.Contains('*', StringComparison.Ordinal))
            return new Problem("has a '*' elsewhere than as its whole last segment; use a parameter, {name}, for one segment");
        if (isPrefix && fixedPart.EndsWith('/')) return new Problem("has an empty segment; write single slashes");
        var names = new HashSet<string>(StringComparer.Ordinal);
        var segments = fixedPart.Split('/');
        for (var i = 1; i < segments.Length; i++)
        {
            var segment = segments[i];
            if (!segment.Contains('{', StringComparison.Ordinal) && !segment.Contains('}', StringComparison.Ordinal)) continue;
            if (!IsParameter(segment))
                return new Problem("has a brace elsewhere than around a whole segment's name, as in /users/{id}");
            if (!names.Add(segment)) return new Problem("uses the name of a parameter twice");
            segments[i] = "x";
        }

        if (CheckLiteral(string.Join('/', segments)) is { } problem) return problem;
        if (names.Count > 0) return new PathPattern(PathPatternKind.Parameters, text);
        return new PathPattern(isPrefix ? PathPatternKind.Prefix : PathPatternKind.Exact, text);
    }

    /// <summary>What JSON Schema can say of a path with a query.</summary>
    public const string RequestPattern = "^/[^#\\s\\\\]*$";

    /// <summary>Reads a path that the gateway asks for by itself, perhaps with a query.</summary>
    public static Parsed<string> ParseRequest(string text)
    {
        var query = text.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? text : text[..query];
        if (!path.StartsWith('/')) return new Problem("does not begin with '/', as every path does");
        if (CheckLiteral(path) is { } problem) return problem;
        return query >= 0 && text[query..].Any(static c => c is <= ' ' or > '~' or '#' or '"' or '<' or '>')
            ? new Problem("has a query with a character that stands there only percent-encoded (a space is %20)")
            : text;
    }

    /// <summary>The pattern with its parameters unnamed: patterns that match the same paths have the same.</summary>
    public static string Anonymous(PathPattern pattern) => pattern.Kind != PathPatternKind.Parameters
        ? pattern.Text
        : string.Join('/', pattern.Text.Split('/').Select(s => s.StartsWith('{') ? "{}" : s));

    /// <summary>Looks whether a path without wildcards is in normal form.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? CheckLiteral(string path)
    {
        if (path.Length > PathCharsMax) return new Problem($"has more than {PathCharsMax} characters in its path");
        if (path.Contains("//", StringComparison.Ordinal)) return new Problem("has an empty segment; write single slashes");
        if (path.Split('/').Any(s => s is "." or ".."))
            return new Problem("has a segment '.' or '..', which never arrives; write the path without it");
        if (path.Contains('?', StringComparison.Ordinal))
            return new Problem("has a query, which a path does not match; leave it out");
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                if (PathChars.Contains(path[i])) continue;
                return new Problem("has a character that stands in paths only percent-encoded (a space is %20)");
            }

            if (CheckEncoded(path.AsSpan(i)) is { } problem) return problem;
            i += 2;
        }

        return null;
    }

    private static Problem? CheckEncoded(ReadOnlySpan<char> text)
    {
        if (text.Length < 3
            || !byte.TryParse(text[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return new Problem("has a '%' without two hexadecimal digits; write %25 for the character itself");
        }

        if (UnreservedChars.Contains((char)value))
            return new Problem("percent-encodes a character that arrives unencoded", $"write '{(char)value}' for {text[..3]}");
        if (value is < 0x20 or 0x7f) return new Problem("percent-encodes a control character, which is never let in");
        return char.IsAsciiLetterLower(text[1]) || char.IsAsciiLetterLower(text[2])
            ? new Problem("has a percent-encoding in lower case, which arrives in upper case", $"write %{value:X2}")
            : null;
    }

    private static bool IsParameter(string segment)
    {
        if (segment.Length < 3 || segment.Length > ParameterCharsMax + 2 || segment[0] != '{' || segment[^1] != '}') return false;
        var name = segment[1..^1];
        return !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }
}
