using System.Linq;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Http;
using Edge.Core.Identity;

namespace Edge.Core.Configuration.Rules;

/// <summary>What the file says of issuers, consumers and their credentials.</summary>
internal static class Identities
{
    /// <summary>Most characters of an issuer, an audience, a claim's name or value, a custom id, an e-mail address.</summary>
    public const int TextCharsMax = 512;

    /// <summary>Most characters of a <c>kid</c>.</summary>
    public const int KidCharsMax = 256;

    /// <summary>Most bytes of a secret that signs tokens.</summary>
    public const int SigningSecretBytesMax = 1024;

    /// <summary>What JSON Schema can say of a SHA-256.</summary>
    public const string Sha256Pattern = "^[0-9A-Fa-f]{64}$";

    /// <summary>What JSON Schema can say of an issuer's algorithm.</summary>
    public const string IssuerAlgorithmPattern = "^((RS|PS|ES)(256|384|512)|EdDSA)$";

    /// <summary>What JSON Schema can say of a consumer's algorithm.</summary>
    public const string ConsumerAlgorithmPattern = "^HS(256|384|512)$";

    /// <summary>What JSON Schema can say of a scope.</summary>
    public const string ScopePattern = "^[!#-\\[\\]-~]{1,256}$";

    /// <summary>What JSON Schema can say of a place of credentials.</summary>
    public const string PlacePattern = "^(authorization|x-api-key|api-key|header:.+|query:.+|cookie:.+|protocol:.+)$";

    private const int Sha256Digits = 64;
    private const string Places = "authorization, x-api-key, api-key, header:NAME, query:NAME, cookie:NAME or protocol:PREFIX";

    private static readonly string[] PlaceWords =
        ["authorization", "x-api-key", "api-key", "header:", "query:", "cookie:", "protocol:"];

    /// <summary>Checks a text that is compared with what a token says, or handed on: no control characters.</summary>
    public static Parsed<string> ParseText(string text)
    {
        if (text.Length == 0) return new Problem("is empty; write a text or leave the key out");
        if (text.Length > TextCharsMax) return new Problem($"has more than {TextCharsMax} characters");
        return text.Any(char.IsControl) ? new Problem("holds a control character") : text;
    }

    /// <summary>Checks the name of a key.</summary>
    public static Parsed<string> ParseKid(string text)
    {
        if (text.Length is 0 or > KidCharsMax)
            return new Problem($"is not the name of a key; write 1 to {KidCharsMax} characters");
        return text.Any(char.IsControl) ? new Problem("holds a control character") : text;
    }

    /// <summary>Checks a secret that signs tokens; how long it has to be depends on the algorithm.</summary>
    public static Parsed<Secret> ParseSigningSecret(string text) =>
        System.Text.Encoding.UTF8.GetByteCount(text) > SigningSecretBytesMax
            ? new Problem($"has more than {SigningSecretBytesMax} bytes")
            : new Secret(text);

    /// <summary>Reads a SHA-256 as 64 hexadecimal digits.</summary>
    public static Parsed<byte[]> ParseSha256(string text)
    {
        if (text.Length != Sha256Digits || !text.All(char.IsAsciiHexDigit))
            return new Problem($"is not a SHA-256; write its {Sha256Digits} hexadecimal digits, as 'edge key' prints them");
        return Convert.FromHexString(text);
    }

    /// <summary>Reads a day or a moment.</summary>
    public static Parsed<DateTimeOffset> ParseMoment(string text) => Moments.TryParse(text, out var moment)
        ? moment
        : new Problem("is not a day or a moment; write 2027-01-31, or 2027-01-31T12:00:00Z");

    /// <summary>Reads an algorithm with a key pair.</summary>
    public static Parsed<JwtAlgorithm> ParseIssuerAlgorithm(string text)
    {
        const string list = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA";
        if (!JwtAlgorithms.TryParse(text, out var algorithm)) return NotAnAlgorithm(text, list);
        if (JwtAlgorithms.IsHmac(algorithm))
            return new Problem($"needs a secret that both sides have, which an issuer's published keys are not; write {list}");
        if (!JwtAlgorithms.IsSupported(algorithm))
            return new Problem("is one that this platform's cryptography does not have; leave it out");
        return algorithm;
    }

    /// <summary>Reads an algorithm with a shared secret.</summary>
    public static Parsed<JwtAlgorithm> ParseConsumerAlgorithm(string text)
    {
        const string list = "HS256, HS384 or HS512";
        if (!JwtAlgorithms.TryParse(text, out var algorithm)) return NotAnAlgorithm(text, list);
        return JwtAlgorithms.IsHmac(algorithm)
            ? algorithm
            : new Problem($"needs a pair of keys, and a consumer has a secret; write {list}, or use identity.issuers");
    }

    /// <summary>Checks a scope (RFC 6749, section 3.3).</summary>
    public static Parsed<string> ParseScope(string text) => Scopes.IsScope(text)
        ? text
        : new Problem(
            $"is not a scope; write 1 to {Scopes.ScopeCharsMax} visible characters but no space, '\"' or '\\', " +
            "one scope an item");

    /// <summary>Reads a place where a request may carry a credential.</summary>
    public static Parsed<CredentialPlace> ParsePlace(string text)
    {
        switch (text)
        {
            case "authorization":
                return new CredentialPlace(CredentialPlaceKind.Authorization, text);
            case "x-api-key" or "api-key":
                return new CredentialPlace(CredentialPlaceKind.Header, text);
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var word = colon < 0 ? text : text[..(colon + 1)];
        var name = colon < 0 ? "" : text[(colon + 1)..];
        switch (word)
        {
            case "header:":
                return ParseHeaderPlace(name);
            case "query:":
                return name.Length is > 0 and <= TextCharsMax && name.All(IsUnreserved)
                    ? new CredentialPlace(CredentialPlaceKind.Query, name)
                    : new Problem("names no parameter of a query; write letters, digits and - . _ ~ after 'query:'");
            case "cookie:":
                return FieldText.IsToken(name) && name.Length <= TextCharsMax
                    ? new CredentialPlace(CredentialPlaceKind.Cookie, name)
                    : new Problem("names no cookie; write letters, digits and '-' or '_' after 'cookie:'");
            case "protocol:":
                return FieldText.IsToken(name) && name.Length <= TextCharsMax
                    ? new CredentialPlace(CredentialPlaceKind.Protocol, name)
                    : new Problem("is no beginning of a protocol's name; write such as 'protocol:openai-insecure-api-key.'");
            default:
                var nearest = Nearest.Find(word, PlaceWords);
                var fix = nearest is null ? null : $"did you mean '{nearest}{name}'?";
                return new Problem($"is not a place for a credential; write {Places}", fix);
        }
    }

    private static Parsed<CredentialPlace> ParseHeaderPlace(string name)
    {
        if (name.Equals("authorization", StringComparison.OrdinalIgnoreCase))
            return new Problem("is the header whose value has a scheme; write authorization");
        if (name.Equals("cookie", StringComparison.OrdinalIgnoreCase))
            return new Problem("is the header of all cookies; write cookie: and the name of one");
        if (HeaderFields.ParseName(name).Problem is not null)
            return new Problem("names no header that could carry a credential; write its name after 'header:'");
        return new CredentialPlace(CredentialPlaceKind.Header, name.ToLowerInvariant());
    }

    // What stands in a query as itself (RFC 3986, section 2.3).
    private static bool IsUnreserved(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~';

    private static Problem NotAnAlgorithm(string text, string list)
    {
        var nearest = Nearest.Find(text, JwtAlgorithms.SupportedNames);
        return new Problem($"is not an algorithm; write {list}", nearest is null ? null : $"did you mean '{nearest}'?");
    }
}
