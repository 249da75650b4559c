namespace Edge.Core.Http;

/// <summary>What is known about the caller's side of a request, for <see cref="ForwardedWriter"/>.</summary>
public readonly ref struct ForwardedRequest
{
    /// <summary>The peer's address, from <see cref="Forwarding.PeerText"/>; empty where the connection has none.</summary>
    public required ReadOnlySpan<byte> Peer { get; init; }

    /// <summary>True where the caller's connection is encrypted.</summary>
    public required bool Https { get; init; }

    /// <summary>The host that the caller asked for, and its port if it gave one. Written only if well-formed.</summary>
    public ReadOnlySpan<char> Host { get; init; }

    /// <summary>True where the peer is trusted, so that the four values that follow are believed.</summary>
    public bool Trusted { get; init; }

    /// <summary>The X-Forwarded-For that came, all of its lines joined by commas.</summary>
    public ReadOnlySpan<char> ForwardedFor { get; init; }

    /// <summary>The X-Forwarded-Proto that came.</summary>
    public ReadOnlySpan<char> ForwardedProto { get; init; }

    /// <summary>The X-Forwarded-Host that came.</summary>
    public ReadOnlySpan<char> ForwardedHost { get; init; }

    /// <summary>The Forwarded that came (RFC 7239), all of its lines joined by commas.</summary>
    public ReadOnlySpan<char> Forwarded { get; init; }
}
