using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>A TCP step that does what the test says, attempt by attempt.</summary>
internal sealed class FakeConnector : IConnector, IDisposable
{
    private readonly Channel<Attempt> _attempts = Channel.CreateUnbounded<Attempt>();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public FakeConnector() => _listener.Start();

    public Task<SocketChannel> ConnectAsync(EventLoop loop, IPEndPoint endpoint, CancellationToken ct)
    {
        var attempt = new Attempt(loop, endpoint, (IPEndPoint)_listener.LocalEndpoint, ct);
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
        private readonly TaskCompletionSource<SocketChannel> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly EventLoop _loop;
        private readonly IPEndPoint _loopback;

        public Attempt(EventLoop loop, IPEndPoint endpoint, IPEndPoint loopback, CancellationToken ct)
        {
            _loop = loop;
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

        public EventLoop Loop => _loop;

        public IPEndPoint Endpoint { get; }

        public CancellationToken Cancellation { get; }

        public string Address => Endpoint.Address.ToString();

        /// <summary>True: goes on after being called off, as a connection does that was just being made.</summary>
        public bool IgnoresCancellation { get; set; }

        public Task<SocketChannel> Task => _end.Task;

        /// <summary>Succeeds with a real, connected socket.</summary>
        public async Task<SocketChannel> ConnectAsync()
        {
            var channel = await ConnectAttempt.RunAsync(_loop, _loopback, static _ => { }, CancellationToken.None);
            _end.SetResult(channel);
            return channel;
        }

        public void Fail(SocketError error) => _end.SetException(new SocketException((int)error));
    }
}
