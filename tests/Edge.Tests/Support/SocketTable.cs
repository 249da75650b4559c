using System.Globalization;

namespace Edge.Tests.Support;

/// <summary>What Linux tells about the TCP sockets of this machine, in /proc/net/tcp and /proc/net/tcp6.</summary>
internal static class SocketTable
{
    private const int LocalColumn = 1;
    private const int RemoteColumn = 2;
    private const int QueuesColumn = 4;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(1);
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>
    /// Waits until the socket at the other end of a loopback connection has been read empty. Where there is no such table
    /// (another system than Linux) it answers at once: pieces may then run together, which no test may depend on.
    /// </summary>
    /// <param name="senderPort">The port from which bytes were sent.</param>
    /// <param name="receiverPort">The port of the socket that is to read them.</param>
    /// <param name="deadline">Ends the waiting.</param>
    /// <exception cref="TimeoutException">It was not read empty in time.</exception>
    public static async Task WaitUntilReadAsync(int senderPort, int receiverPort, CancellationToken deadline)
    {
        while (UnreadBytes(senderPort, receiverPort) > 0)
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException("The other side does not read.");
            }

            // Not a sleep for luck: the table cannot be awaited, so it is asked again.
            await Task.Delay(PollInterval, CancellationToken.None);
        }
    }

    /// <summary>Bytes that sender's kernel or receiver's kernel still hold on the way from one to the other.</summary>
    public static long UnreadBytes(int senderPort, int receiverPort)
    {
        var bytes = 0L;
        foreach (var table in Tables)
        {
            if (!File.Exists(table))
            {
                continue;
            }

            foreach (var line in File.ReadLines(table))
            {
                bytes += Waiting(line, senderPort, receiverPort);
            }
        }

        return bytes;
    }

    // "  3: 0100007F:A2B4 0100007F:1F90 01 00000000:00000000 ...": slot, local, remote, state, sent-unacknowledged:unread.
    private static long Waiting(string line, int senderPort, int receiverPort)
    {
        var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (columns.Length <= QueuesColumn || columns[LocalColumn].IndexOf(':', StringComparison.Ordinal) < 0)
        {
            return 0;
        }

        var (local, remote) = (After(columns[LocalColumn]), After(columns[RemoteColumn]));
        if (local == senderPort && remote == receiverPort)
        {
            return long.Parse(columns[QueuesColumn].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return local == receiverPort && remote == senderPort ? After(columns[QueuesColumn]) : 0;
    }

    private static long After(string column) =>
        long.Parse(column[(column.LastIndexOf(':') + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
