using System.Linq;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>Names of routes and upstreams, methods, and secrets.</summary>
internal static class Names
{
    /// <summary>Most characters in the name of a route or an upstream.</summary>
    public const int NameCharsMax = 100;

    /// <summary>Most characters in a method.</summary>
    public const int MethodCharsMax = 32;

    /// <summary>Most characters in a credential or a token: what fits into a header section beside the rest.</summary>
    public const int SecretCharsMax = 16 * 1024;

    /// <summary>What JSON Schema can say of a name.</summary>
    public const string Pattern = "^[A-Za-z0-9._-]{1,100}$";

    /// <summary>What JSON Schema can say of a method.</summary>
    public const string MethodPattern = "^[A-Z0-9!#$%&'*+.^_`|~-]{1,32}$";

    /// <summary>Checks the name of a route or an upstream.</summary>
    public static Parsed<string> ParseName(string text)
    {
        if (text.Length is 0 or > NameCharsMax || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            return new Problem($"is not a name; write 1 to {NameCharsMax} of the characters A-Z a-z 0-9 . _ -");
        return text;
    }

    /// <summary>Checks a request method (RFC 9110, section 9.1: a token; those in use are in upper case).</summary>
    public static Parsed<string> ParseMethod(string text)
    {
        if (text.Length is 0 or > MethodCharsMax || !HeaderFields.IsToken(text))
            return new Problem("is not a method; write one such as GET or POST");
        if (text.Any(char.IsAsciiLetterLower))
            return new Problem("is not in upper case, in which requests write methods", $"write {text.ToUpperInvariant()}");
        if (text == "CONNECT") return new Problem("asks for a tunnel, which no route can give; leave it out");
        return text;
    }

    /// <summary>Checks a credential: visible ASCII with single spaces inside at most, so that it fits into any header.</summary>
    public static Parsed<Secret> ParseSecret(string text)
    {
        if (text.Length == 0) return new Problem("is empty; give a secret or leave the key out");
        if (text.Length > SecretCharsMax) return new Problem($"has more than {SecretCharsMax} characters");
        if (text.Any(c => c is < ' ' or > '~'))
            return new Problem("holds a line break, a control character or a character beyond ASCII, which no header can carry");
        if (text[0] == ' ' || text[^1] == ' ') return new Problem("begins or ends with a space, which no header can carry");
        return new Secret(text);
    }

    /// <summary>Checks a credential that may be missing.</summary>
    public static Parsed<Secret?> ParseSecretOrNone(string text)
    {
        if (text.Length == 0) return default(Secret);
        var parsed = ParseSecret(text);
        if (parsed.Problem is { } problem) return problem;
        return parsed.Value;
    }

    /// <summary>Checks the path of a file; whether there is one is looked at later.</summary>
    public static Parsed<string> ParsePath(string text)
    {
        if (text.Length == 0) return new Problem("is empty; write the path of a file");
        if (text.Any(char.IsControl)) return new Problem("holds a control character; write the path of a file");
        return text;
    }
}
