using System.Net.Security;
using Edge.Core.Http;
using Edge.Transport;

namespace Edge.Upstream;

/// <summary>What came of a dial. On success the receiver owns channel and TLS stream, and closes both.</summary>
/// <param name="Channel">The connected socket, or null on failure.</param>
/// <param name="Tls">The TLS stream over that socket; null for plain text and on failure. Closing it closes both.</param>
/// <param name="Failure"><see cref="Core.Http.Failure.None"/> on success.</param>
/// <param name="Detail">What happened, with names and addresses: for our log, never for the caller. Null on success.</param>
internal readonly record struct DialResult(SocketChannel? Channel, SslStream? Tls, Failure Failure, string? Detail)
{
    /// <summary>A result without a connection.</summary>
    public static DialResult Failed(Failure failure, string detail) => new(null, null, failure, detail);
}
