using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Edge.Tests.Support;

/// <summary>
/// One connection of a <see cref="ScriptedUpstream"/>, in the hands of its script. What the script leaves open is closed when
/// it ends.
/// </summary>
internal sealed class ScriptedConnection : RawConnection
{
    private readonly ScriptedUpstream _upstream;

    /// <summary>Takes over an accepted socket.</summary>
    internal ScriptedConnection(ScriptedUpstream upstream, Socket socket, int number, CancellationToken stopped)
        : base(socket, (IPEndPoint)socket.RemoteEndPoint!, DeadlineDefault, stopped)
    {
        _upstream = upstream;
        Number = number;
    }

    /// <summary>Which connection of its upstream it is, counted from 0.</summary>
    public int Number { get; }

    /// <summary>Reads the next request whole, strictly; null where the peer closes instead of sending one.</summary>
    /// <exception cref="InvalidDataException">The request is malformed; the test fails when the upstream is disposed.</exception>
    /// <exception cref="EndOfStreamException">It was cut short.</exception>
    public async Task<RawRequest?> ReadRequestAsync()
    {
        var request = await ReadAsync();
        if (request is null)
        {
            return null;
        }

        await request.Body.ReadToEndAsync();
        _upstream.Record(request);
        return request;
    }

    /// <summary>Reads the head of the next request; the body is left to be read from it.</summary>
    public async Task<RawRequest?> ReadRequestHeadAsync()
    {
        var request = await ReadAsync();
        if (request is not null)
        {
            _upstream.Record(request);
        }

        return request;
    }

    /// <summary>Does nothing until the test says so.</summary>
    public Task StallAsync(Task until) => until.WaitAsync(Deadline);

    /// <summary>Does nothing, without reading either, until the upstream is disposed.</summary>
    public Task StallAsync() => Task.Delay(Timeout.InfiniteTimeSpan, Deadline);

    /// <summary>Speaks TLS from now on.</summary>
    internal Task AuthenticateAsync(SslServerAuthenticationOptions options) => StartTlsAsync(options);

    private async Task<RawRequest?> ReadAsync()
    {
        if (!await WaitForBytesAsync())
        {
            return null;
        }

        StartKeeping();
        var line = await ReadLineAsync();
        var parts = line.Split(' ');
        if (parts is not [var method, { Length: > 0 } target, "HTTP/1.1"] || !RawHeaders.IsToken(method))
        {
            throw new InvalidDataException($"Not a request line: \"{line}\"");
        }

        var headers = await RawHeaders.ReadAsync(this);
        _ = headers["Host"] ?? throw new InvalidDataException("A request without Host.");
        var body = headers.IsChunked() ? new RawBody(this, RawFraming.Chunked, 0)
            : headers.ContentLength() is { } length ? new RawBody(this, RawFraming.Length, length)
            : new RawBody(this, RawFraming.None, 0);
        return new RawRequest(method, target, headers, body, Number, Kept());
    }
}
