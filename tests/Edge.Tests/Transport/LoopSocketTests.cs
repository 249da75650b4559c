using System.Text;
using Edge.Transport;

namespace Edge.Tests.Transport;

/// <summary>Pairs of sockets on one loop.</summary>
public abstract class LoopSocketTests : IDisposable
{
    private readonly List<LoopPair> _pairs = [];

    private protected static EventLoop Loop { get; } = EventLoops.Idlest;

    public void Dispose()
    {
        foreach (var pair in _pairs)
        {
            pair.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    // Sends until the peer, who does not read, and the kernel are full.
    private protected static int Fill(LoopPair pair, int from = 0)
    {
        const int SendBuffer = 7;
        pair.Socket.SetOption(LinuxSocket.LevelSocket, SendBuffer, 32768);
        pair.Peer.ReceiveBufferSize = 32768;
        var sent = 0;
        while (pair.Socket.Send(Numbered(5000, from: from + sent)) is var count && count > 0)
        {
            sent += count;
        }

        return sent;
    }

    private protected LoopPair Pair() => Pairs(1)[0];

    private protected List<LoopPair> Pairs(int count)
    {
        var from = _pairs.Count;
        for (var i = 0; i < count; i++)
        {
            _pairs.Add(new LoopPair(Loop));
        }

        return _pairs[from..];
    }

    private protected static byte[] Receive(LoopPair pair)
    {
        var room = new byte[8192];
        var count = pair.Socket.Receive(room);
        return count > 0 ? room[..count] : [];
    }

    private protected static byte[] Message(int number) => Encoding.ASCII.GetBytes($"message {number}");

    private protected static byte[] Numbered(int count, int from = 0)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)((from + i) * 31 >> 3);
        }

        return bytes;
    }
}
