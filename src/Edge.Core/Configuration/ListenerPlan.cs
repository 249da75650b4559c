using System.Net;
using System.Security.Authentication;

namespace Edge.Core.Configuration;

/// <summary>One address on which callers are accepted, and the limits of its door.</summary>
public sealed record ListenerPlan
{
    /// <summary>Address and port; port 0 lets the system choose.</summary>
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>TLS settings, or null for plain text.</summary>
    public ListenerTlsPlan? Tls { get; init; }

    /// <summary>True: a plain-text listener that speaks HTTP/2 with prior knowledge (h2c) and nothing else.</summary>
    public bool H2c { get; init; }

    /// <summary>Most bytes of request line and headers together.</summary>
    public int RequestHeadersMax { get; init; } = 32 * 1024;

    /// <summary>Most bytes of a request body, unless the route says otherwise.</summary>
    public long RequestBodyMax { get; init; } = 10 * 1024 * 1024;

    /// <summary>How long a caller may take to send request line and headers.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a kept connection may lie idle.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Most connections at once on this listener.</summary>
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>Most of them from one address; null: as many as there may be.</summary>
    public int? ConnectionsPerAddress { get; init; }
}

/// <summary>The certificate of a listener. The files are watched and read again when they change.</summary>
/// <param name="CertificatePath">Absolute path of a PEM file: the certificate, then its chain.</param>
/// <param name="KeyPath">Absolute path of a PEM file with the private key.</param>
/// <param name="Minimum">Oldest protocol accepted: <see cref="SslProtocols.Tls12"/> or <see cref="SslProtocols.Tls13"/>.</param>
public sealed record ListenerTlsPlan(string CertificatePath, string KeyPath, SslProtocols Minimum);

/// <summary>The administrative listener: health and readiness.</summary>
/// <param name="Endpoint">Address and port.</param>
/// <param name="Token">Bearer token wanted on everything but health and readiness, or null.</param>
public sealed record AdminPlan(IPEndPoint Endpoint, Secret? Token);
