using System.Net;
using System.Net.Sockets;
using Edge.Transport;

namespace Edge.Tests.Transport;

/// <summary>A socket on a loop and its peer, an ordinary blocking one. Told what happens as its owner.</summary>
internal sealed class LoopPair : ILoopSocketOwner, IDisposable
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A connected pair.</summary>
    public LoopPair(EventLoop loop)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Socket = LoopSocket.Create(loop, AddressFamily.InterNetwork, this);
        Assert.True(Socket.Connect((IPEndPoint)listener.LocalEndPoint!) is 0 or LinuxSocket.InProgress);
        Peer = listener.Accept();
        Peer.NoDelay = true;
        Peer.ReceiveTimeout = 10_000;
        Assert.Equal(0, Socket.ConnectResult());
        Assert.True(Socket.Watch() >= 0);
    }

    public LoopSocket Socket { get; }

    /// <summary>Ends when the socket holds no descriptor any more.</summary>
    public Task Closed => _closed.Task;

    public Socket Peer { get; }

    /// <summary>Done on the loop's thread when the socket can be read.</summary>
    public Action? Readable { get; set; }

    /// <summary>Done on the loop's thread when the socket takes bytes again.</summary>
    public Action? Writable { get; set; }

    void ILoopSocketOwner.OnReadable() => Readable?.Invoke();

    void ILoopSocketOwner.OnWritable() => Writable?.Invoke();

    void ILoopSocketOwner.OnPeerEnded()
    {
    }

    void ILoopSocketOwner.OnClosed() => _closed.SetResult();

    /// <summary>Receives so many bytes at the peer, or what comes before the end.</summary>
    public byte[] PeerReceives(int count)
    {
        var bytes = new byte[count];
        var length = 0;
        while (length < count && Peer.Receive(bytes, length, count - length, SocketFlags.None) is var received && received > 0)
        {
            length += received;
        }

        return bytes[..length];
    }

    public void Dispose()
    {
        Socket.Dispose();
        Peer.Dispose();
    }
}
