namespace Edge.Tests.Support;

/// <summary>How the other side of a connection ended it, as far as has been read.</summary>
internal enum ConnectionEnd
{
    /// <summary>It has not.</summary>
    Open,

    /// <summary>In order: a FIN (on TLS, also without close_notify).</summary>
    Closed,

    /// <summary>By force: a RST.</summary>
    Reset,
}
