using System.Net;
using System.Net.Sockets;

namespace Edge.Measuring;

/// <summary>Ports of 127.0.0.1 for programs that can't say which one the system chose for them.</summary>
internal static class Ports
{
    private const int RetryMs = 10;

    /// <summary>A port that was free a moment ago.</summary>
    public static int Free()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Waits until something listens there; false when the process ended before, or the time is over.</summary>
    public static async Task<bool> WaitAsync(int port, ChildProcess process, TimeSpan timeout, CancellationToken cancellation)
    {
        var end = Monotonic.NowNs + (long)timeout.TotalNanoseconds;
        while (!process.HasExited && Monotonic.NowNs < end)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(RetryMs, cancellation);
            }
        }

        return false;
    }
}
