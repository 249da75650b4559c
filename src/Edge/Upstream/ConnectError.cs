using System.Net;
using System.Net.Sockets;
using Edge.Core.Http;

namespace Edge.Upstream;

/// <summary>Why one address could not be connected to.</summary>
/// <param name="Failure">The kind.</param>
/// <param name="Detail">For our log.</param>
internal readonly record struct ConnectError(Failure Failure, string Detail)
{
    /// <summary>Reads the system's error.</summary>
    public static ConnectError From(SocketError error, IPEndPoint endpoint) => error switch
    {
        SocketError.ConnectionRefused =>
            new(Failure.UpstreamConnectionRefused, $"connection refused by {endpoint}"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted =>
            new(Failure.UpstreamConnectionRefused, $"connection reset by {endpoint}"),
        SocketError.TimedOut =>
            new(Failure.UpstreamConnectTimeout, $"no answer from {endpoint}"),
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable =>
            new(Failure.EdgeResources, $"no socket left to connect to {endpoint} ({error})"),
        _ =>
            new(Failure.UpstreamUnreachable, $"{endpoint} cannot be reached ({error})"),
    };

    /// <summary>
    /// The more telling of two errors. A host without IPv6 reports its IPv6 addresses as unreachable beside the error that
    /// matters, and a refusal says more than silence.
    /// </summary>
    public static ConnectError MoreTelling(ConnectError first, ConnectError second) =>
        Rank(second.Failure) > Rank(first.Failure) ? second : first;

    private static int Rank(Failure failure) => failure switch
    {
        Failure.None => 0,
        Failure.UpstreamUnreachable => 1,
        Failure.UpstreamConnectTimeout => 2,
        Failure.UpstreamConnectionRefused => 3,
        _ => 4,
    };
}
