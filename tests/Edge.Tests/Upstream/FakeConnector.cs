using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>A TCP step that does what the test says, attempt by attempt.</summary>
internal sealed class FakeConnector : IConnector, IDisposable
{
    private readonly Channel<Attempt> _attempts = Channel.CreateUnbounded<Attempt>();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public FakeConnector() => _listener.Start();

    public Task<Socket> ConnectAsync(IPEndPoint endpoint, CancellationToken ct)
    {
        var attempt = new Attempt(endpoint, (IPEndPoint)_listener.LocalEndpoint, ct);
        _attempts.Writer.TryWrite(attempt);
        return attempt.Task;
    }

    /// <summary>The next attempt, once it has started.</summary>
    public async Task<Attempt> NextAsync() => await _attempts.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>True where no further attempt has started.</summary>
    public bool IsQuiet => _attempts.Reader.Count == 0;

    public void Dispose() => _listener.Dispose();

    internal sealed class Attempt
    {
        private readonly TaskCompletionSource<Socket> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly IPEndPoint _loopback;

        public Attempt(IPEndPoint endpoint, IPEndPoint loopback, CancellationToken ct)
        {
            Endpoint = endpoint;
            Cancellation = ct;
            _loopback = loopback;
            ct.Register(() =>
            {
                if (!IgnoresCancellation)
                {
                    _end.TrySetCanceled(ct);
                }
            });
        }

        public IPEndPoint Endpoint { get; }

        public CancellationToken Cancellation { get; }

        public string Address => Endpoint.Address.ToString();

        /// <summary>True: goes on after being called off, as a connection does that was just being made.</summary>
        public bool IgnoresCancellation { get; set; }

        public Task<Socket> Task => _end.Task;

        /// <summary>Succeeds with a real, connected socket.</summary>
        public Socket Connect()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(_loopback);
            _end.SetResult(socket);
            return socket;
        }

        public void Fail(SocketError error) => _end.SetException(new SocketException((int)error));
    }
}
