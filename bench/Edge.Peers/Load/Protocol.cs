namespace Edge.Peers.Load;

/// <summary>How callers come to the gateway. Upstream it is always HTTP/1.1 without TLS.</summary>
internal enum Protocol
{
    /// <summary>HTTP/1.1.</summary>
    Plain,

    /// <summary>HTTP/1.1 over TLS 1.3, on connections that are kept.</summary>
    Tls,

    /// <summary>HTTP/2 over TLS 1.3, on connections that are kept.</summary>
    Http2,
}
