using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>The names of protocols that callers may switch to.</summary>
internal static class UpgradeRules
{
    /// <summary>Most characters of a name.</summary>
    public const int ProtocolCharsMax = 64;

    /// <summary>A protocol.</summary>
    public static readonly ScalarShape<string> Protocol = new(
        "a protocol",
        new ScalarSchema(ScalarType.Text) { Pattern = "^[a-z0-9!#$%&'*+.^_`|~/-]{1,64}$" },
        Parse);

    /// <summary>
    /// Checks a name: a token, and perhaps a version behind a slash (RFC 9110, section 7.8). Other versions of HTTP, and TLS with
    /// HTTP in it, are refused: requests inside would pass every rule of the gateway unseen.
    /// </summary>
    private static Parsed<string> Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = slash < 0 ? text : text[..slash];
        if (text.Length > ProtocolCharsMax || !HeaderFields.IsToken(name)
            || (slash >= 0 && !HeaderFields.IsToken(text.AsSpan(slash + 1))))
            return new Problem("is not a protocol; write a name such as websocket");
        if (text.AsSpan().ContainsAnyInRange('A', 'Z'))
            return new Problem("is not in lower case", $"write {text.ToLowerInvariant()}");
        return name is "h2c" or "h2" or "http" or "tls"
            ? new Problem("would carry requests past the gateway's rules; leave it out")
            : text;
    }
}
