using System.Net;
using System.Net.Sockets;

namespace Edge.Measuring;

/// <summary>Ports of 127.0.0.1 for programs that can't say which one the system chose for them.</summary>
internal static class Ports
{
    private const int RetryMs = 10;

    // Below those that Linux gives to outgoing connections (32768 and up): none of these can take the port between our look and
    // the program's start, and none that asks for a program that is down can be connected to itself.
    private const int FirstPort = 20_000;
    private const int LastPort = 31_999;

    /// <summary>A port that was free a moment ago.</summary>
    public static int Free()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var port = Random.Shared.Next(FirstPort, LastPort + 1);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
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
