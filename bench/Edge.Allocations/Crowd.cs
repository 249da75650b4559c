using System.Net;
using System.Net.Sockets;

namespace Edge.Allocations;

/// <summary>
/// Callers who ask at the same time, each for something that nobody has asked for before: what is under way at once is what pools
/// have to hold.
/// </summary>
internal sealed class Crowd : IDisposable
{
    /// <summary>How many they are.</summary>
    public const int Callers = 64;

    private const int NumberAt = 11;
    private const int Digits = 10;

    private readonly Socket[] _sockets = new Socket[Callers];
    private readonly byte[] _request = "GET /sites/0000000000 HTTP/1.1\r\nHost: gateway\r\n\r\n"u8.ToArray();

    /// <summary>Connects all of them.</summary>
    public Crowd(IPEndPoint gateway)
    {
        for (var i = 0; i < Callers; i++)
        {
            _sockets[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _sockets[i].Connect(gateway);
        }
    }

    /// <summary>All ask, and then each has its answer read.</summary>
    public void Exchange(Action<Socket> receive)
    {
        foreach (var socket in _sockets)
        {
            CountOn();
            socket.Send(_request);
        }

        foreach (var socket in _sockets)
        {
            receive(socket);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private void CountOn()
    {
        var at = NumberAt + Digits - 1;
        while (++_request[at] > '9')
        {
            _request[at--] = (byte)'0';
        }
    }
}
