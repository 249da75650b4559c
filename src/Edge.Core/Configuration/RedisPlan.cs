using System.Collections.Immutable;
using Edge.Core.Limits;

namespace Edge.Core.Configuration;

/// <summary>The store that replicas share.</summary>
public sealed record RedisPlan
{
    /// <summary>Where it is: host and port of one server, or of some of a cluster.</summary>
    public required ImmutableArray<string> Endpoints { get; init; }

    /// <summary>The ACL user; null: the default one.</summary>
    public string? User { get; init; }

    /// <summary>The password; null: none.</summary>
    public Secret? Password { get; init; }

    /// <summary>The name of the primary that sentinels at the endpoints know; null: the endpoints are servers.</summary>
    public string? SentinelPrimary { get; init; }

    /// <summary>Speak TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>PEM file of the only authorities to trust; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The longest that a request waits for it.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>What happens to limited requests while it is away.</summary>
    public required WhenDown WhenDown { get; init; }

    /// <summary>What the names of all keys begin with.</summary>
    public required string Prefix { get; init; }

    /// <summary>True where another plan says the same.</summary>
    public bool IsSameAs(RedisPlan? other) =>
        other is not null && Endpoints.AsSpan().SequenceEqual(other.Endpoints.AsSpan())
        && this == other with { Endpoints = Endpoints };
}
