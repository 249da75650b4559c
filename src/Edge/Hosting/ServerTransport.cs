namespace Edge.Hosting;

/// <summary>Who serves the sockets of a server.</summary>
internal enum ServerTransport
{
    /// <summary>The gateway's own event loops, on which its upstream connections live too (see <c>Edge.Transport</c>).</summary>
    EventLoops,

    /// <summary>Kestrel's sockets, which show themselves to the application.</summary>
    KestrelSockets,
}
