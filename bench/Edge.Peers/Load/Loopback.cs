using System.Net;
using System.Net.Sockets;

namespace Edge.Peers.Load;

/// <summary>Sockets of the generators and of the origin: non-blocking and without Nagle's delay.</summary>
internal static class Loopback
{
    /// <summary>Connects to a port of this machine.</summary>
    public static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        Prepare(socket);
        return socket;
    }

    /// <summary>Makes a socket ready for a loop of one thread.</summary>
    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.Blocking = false;
    }

    /// <summary>Receives what there is: null when there is nothing yet, 0 when the connection ended or broke.</summary>
    public static int? Receive(Socket socket, Span<byte> buffer)
    {
        var count = socket.Receive(buffer, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => count,
            SocketError.WouldBlock => null,
            _ => 0,
        };
    }

    /// <summary>Sends all at once; false when the other side doesn't take it.</summary>
    public static bool Send(Socket socket, ReadOnlySpan<byte> bytes) =>
        socket.Send(bytes, SocketFlags.None, out var error) == bytes.Length && error == SocketError.Success;
}
