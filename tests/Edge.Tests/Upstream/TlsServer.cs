using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;

namespace Edge.Tests.Upstream;

/// <summary>A TLS server on loopback that shakes hands, greets with one byte and reads to the end.</summary>
internal sealed class TlsServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly SslServerAuthenticationOptions _options;
    private readonly Channel<Visit> _visits = Channel.CreateUnbounded<Visit>();

    public TlsServer(X509Certificate2 certificate, params SslApplicationProtocol[] protocols)
    {
        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            ApplicationProtocols =
                protocols.Length > 0 ? [.. protocols] : [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The next connection, once it is over.</summary>
    public async Task<Visit> NextAsync() => await _visits.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var counted = new CountingStream(new NetworkStream(socket, ownsSocket: true));
        await using var tls = new SslStream(counted, leaveInnerStreamOpen: false);
        string? name = null;
        try
        {
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    name = hello.ServerName;
                    return ValueTask.FromResult(_options);
                },
                null);
            await tls.WriteAsync(new byte[1]);
            var buffer = new byte[16];
            while (await tls.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            // The client did not like us.
        }

        _visits.Writer.TryWrite(new Visit(name, counted.Written));
    }

    /// <param name="ServerName">What the client sent as SNI; empty for none.</param>
    /// <param name="BytesWritten">Bytes sent to it, handshake included.</param>
    internal sealed record Visit(string? ServerName, int BytesWritten);

    private sealed class CountingStream(Stream inner) : Stream
    {
        public int Written { get; private set; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count)
        {
            Written += count;
            inner.Write(buffer, offset, count);
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
