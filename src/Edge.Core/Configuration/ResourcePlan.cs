using System.Collections.Immutable;
using Edge.Core.Identity;

namespace Edge.Core.Configuration;

/// <summary>A protected resource in the sense of RFC 9728: what its metadata says.</summary>
public sealed record ResourcePlan
{
    /// <summary>Its identifier: the URL at which clients know it.</summary>
    public required string Identifier { get; init; }

    /// <summary>Identifiers of the authorisation servers that give tokens for it.</summary>
    public required ImmutableArray<string> AuthorizationServers { get; init; }

    /// <summary>Scopes that it knows beside those that its routes ask for.</summary>
    public required Scopes ScopesSupported { get; init; }

    /// <summary>Its name for people, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Where people read about it, or null.</summary>
    public string? Documentation { get; init; }

    /// <summary>
    /// What <c>aud</c> may say: the identifier. Of one without a path there are two spellings of the same URL (RFC 3986, section
    /// 6.2.3), and clients send either.
    /// </summary>
    public ImmutableArray<string> Audiences =>
        PathStart < 0 ? [Identifier, Identifier + "/"]
        : PathStart == Identifier.Length - 1 ? [Identifier, Identifier[..^1]]
        : [Identifier];

    /// <summary>Where its metadata is (RFC 9728, section 3.1): below the host, with its own path behind.</summary>
    public string MetadataUrl => Origin + MetadataPath;

    /// <summary>The path of that.</summary>
    public string MetadataPath => WellKnownPath + Path;

    /// <summary>Where the metadata of resources without a path is; that of others is below.</summary>
    public const string WellKnownPath = "/.well-known/oauth-protected-resource";

    /// <summary>Scheme and authority of the identifier.</summary>
    public string Origin => PathStart < 0 ? Identifier : Identifier[..PathStart];

    private string Path => PathStart < 0 || PathStart == Identifier.Length - 1 ? "" : Identifier[PathStart..];

    private int PathStart => Identifier.IndexOf('/', Identifier.IndexOf("://", StringComparison.Ordinal) + 3);
}
