using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Edge.Core.Configuration;
using Edge.Core.Configuration.Rules;

namespace Edge.Core.Identity;

/// <summary>
/// An absolute http or https URL that the gateway itself fetches: an issuer's discovery document or its keys. Read strictly,
/// since one of them comes from a network: no user, no fragment, no characters that another reader could take for something
/// else. Immutable.
/// </summary>
public sealed class IssuerUrl
{
    /// <summary>Most characters of a URL.</summary>
    public const int CharsMax = 2048;

    private const string WellKnown = "/.well-known/openid-configuration";

    /// <summary>Visible ASCII but for what RFC 3986 leaves out of a path and a query.</summary>
    private static readonly SearchValues<char> PathAndQueryChars = SearchValues.Create(
        "/?-._~!$&'()*+,;=:@%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private IssuerUrl(string text, TargetPlan target, string pathAndQuery)
    {
        Text = text;
        Target = target;
        PathAndQuery = pathAndQuery;
    }

    /// <summary>The URL as it was written.</summary>
    public string Text { get; }

    /// <summary>Where to connect.</summary>
    public TargetPlan Target { get; }

    /// <summary>What to ask for: begins with a slash.</summary>
    public string PathAndQuery { get; }

    /// <summary>Reads a URL.</summary>
    /// <returns>False where it is not one that the gateway would fetch.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out IssuerUrl? url)
    {
        url = null;
        var authority = text.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0 || text.Length > CharsMax)
        {
            return false;
        }

        var end = text.AsSpan(authority + 3).IndexOfAny('/', '?', '#');
        end = end < 0 ? text.Length : authority + 3 + end;
        if (text.AsSpan(end).ContainsAnyExcept(PathAndQueryChars))
        {
            return false;
        }

        var target = Targets.Parse(text[..end]);
        if (target.Problem is not null)
        {
            return false;
        }

        var rest = text[end..];
        url = new IssuerUrl(text, target.Value!, rest.StartsWith('/') ? rest : "/" + rest);
        return true;
    }

    /// <summary>
    /// Where an issuer keeps its discovery document: a slash at the end of its identifier counts for nothing (OpenID Connect
    /// Discovery 1.0, section 4.1).
    /// </summary>
    /// <returns>False where the identifier is not a URL, or has a query, which an identifier must not.</returns>
    public static bool TryDiscovery(string issuer, [NotNullWhen(true)] out IssuerUrl? url)
    {
        url = null;
        return !issuer.Contains('?', StringComparison.Ordinal)
            && TryParse((issuer.EndsWith('/') ? issuer[..^1] : issuer) + WellKnown, out url);
    }

    /// <summary>
    /// True where a document from here may send the gateway there: to any https URL, whose certificate is checked; to http only
    /// at the very same authority. Else whoever can change one document could point the gateway at the services around it.
    /// </summary>
    public bool MayLeadTo(IssuerUrl other) =>
        other.Target.Tls || (!Target.Tls && Target.Authority == other.Target.Authority);
}
