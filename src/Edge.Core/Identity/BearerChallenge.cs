using System.Text;

namespace Edge.Core.Identity;

/// <summary>
/// Makes the value of WWW-Authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3). Stateless; safe from any thread.
/// </summary>
public static class BearerChallenge
{
    /// <summary>RFC 6750's code for a request that is malformed.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>RFC 6750's code for a credential that is wrong, or whose time is over.</summary>
    public const string InvalidToken = "invalid_token";

    /// <summary>RFC 6750's code for a credential that does not reach.</summary>
    public const string InsufficientScope = "insufficient_scope";

    /// <summary>A challenge.</summary>
    /// <param name="error">One of the codes, or null where there was no credential: then nothing is said of it.</param>
    /// <param name="description">Visible ASCII without <c>"</c> and <c>\</c>, or null.</param>
    /// <param name="scopes">The scopes that are needed.</param>
    /// <param name="resourceMetadata">Where the resource tells who gives tokens for it (RFC 9728, section 5.1), or null.</param>
    public static string Create(string? error, string? description, Scopes scopes, string? resourceMetadata)
    {
        var challenge = new StringBuilder("Bearer realm=\"edge\"");
        Append(challenge, "error", error);
        Append(challenge, "error_description", error is null ? null : description);
        Append(challenge, "scope", scopes.IsEmpty ? null : scopes.Text);
        Append(challenge, "resource_metadata", resourceMetadata);
        return challenge.ToString();
    }

    private static void Append(StringBuilder to, string name, string? value)
    {
        if (value is not null)
        {
            to.Append(", ").Append(name).Append("=\"").Append(value).Append('"');
        }
    }
}
