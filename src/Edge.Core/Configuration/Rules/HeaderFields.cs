using System.Buffers;
using System.Collections.Frozen;
using System.Linq;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Templating;

namespace Edge.Core.Configuration.Rules;

/// <summary>Names and values of headers that the file may set, add or remove.</summary>
internal static class HeaderFields
{
    /// <summary>Most characters in a header's name.</summary>
    public const int NameCharsMax = 256;

    /// <summary>Most characters in a header's value.</summary>
    public const int ValueCharsMax = 8 * 1024;

    /// <summary>What JSON Schema can say of a header's name.</summary>
    public const string NamePattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$";

    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private const string Framing = "says how the message is framed, which is the gateway's own affair; leave it out";
    private const string HopByHop = "belongs to a single connection, which is the gateway's own affair; leave it out";

    /// <summary>RFC 9110, section 7.6.1, and RFC 9113, section 8.2.2, with what frames a message.</summary>
    private static readonly FrozenDictionary<string, string> Refused = new Dictionary<string, string>
    {
        ["Connection"] = HopByHop,
        ["Content-Length"] = Framing,
        ["Expect"] = HopByHop,
        ["Host"] = "follows from the target; use preserveHost to forward the caller's",
        ["HTTP2-Settings"] = HopByHop,
        ["Keep-Alive"] = HopByHop,
        ["Proxy-Connection"] = HopByHop,
        ["TE"] = HopByHop,
        ["Trailer"] = Framing,
        ["Transfer-Encoding"] = Framing,
        ["Upgrade"] = HopByHop,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>True for one or more token characters (RFC 9110, section 5.6.2).</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenChars);

    /// <summary>Checks a name.</summary>
    public static Parsed<string> ParseName(string text)
    {
        if (text.Length > NameCharsMax || !IsToken(text))
            return new Problem("is not the name of a header; write letters, digits and '-', without ':' or spaces");
        if (Refused.TryGetValue(text, out var why)) return new Problem(why);
        return text;
    }

    /// <summary>
    /// Checks a value (RFC 9110, section 5.5; ASCII only) and compiles its placeholders; <c>{{</c> is a brace.
    /// </summary>
    public static Parsed<Template> ParseValue(string text)
    {
        if (CheckValue(text) is { } fault) return fault;
        return Template.TryParse(text, out var template, out var problem) ? template! : new Problem(problem!);
    }

    /// <summary>Checks a value in which a brace is a brace; it may not be empty.</summary>
    public static Parsed<string> ParsePlainValue(string text)
    {
        if (text.Length == 0) return new Problem("is empty; write a value, or none");
        return CheckValue(text) is { } problem ? problem : text;
    }

    private static Problem? CheckValue(string text)
    {
        if (text.Length > ValueCharsMax) return new Problem($"has more than {ValueCharsMax} characters");
        if (text.Any(c => c is (< ' ' and not '\t') or > '~'))
            return new Problem("holds a line break, a control character or a character beyond ASCII, which no header can carry");
        if (text.Length > 0 && (text[0] is ' ' or '\t' || text[^1] is ' ' or '\t'))
            return new Problem("begins or ends with white space, which no header can carry");
        return null;
    }
}
