using System.Linq;
using System.Net.Sockets;
using System.Text;

namespace Edge.Demo;

/// <summary>
/// Answers that no server library writes: bytes put on the connection's socket as they stand, past Kestrel, which has sent
/// nothing yet. The connection serves no further request. HTTP/1.1 only.
/// </summary>
internal static class RawAnswers
{
    /// <summary>Most bytes of an answer that a test brings itself.</summary>
    public const int BytesMax = 16 * 1024 * 1024;

    /// <summary>How long an answer whose connection is left open waits for the caller to close it.</summary>
    public const int HoldMsMax = 60_000;

    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    private const string Ok = "Content-Length: 2\r\n\r\nok";
    private const string Events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string TwoEvents = "d\r\ndata: {\"n\":1}\r\n2\r\n\n\n\r\nd\r\ndata: {\"n\":2}\r\n2\r\n\n\n\r\n";

    // Name, bytes, and what becomes of the connection.
    private static readonly (string Name, string Bytes, RawEnd End)[] Table =
    [
        ("garbage", "This is not HTTP.\r\n\r\n", RawEnd.Close),
        ("empty", "", RawEnd.Close),
        ("reset", "", RawEnd.Reset),
        ("half-head", "HTTP/1.1 200 OK\r\nContent-Ty", RawEnd.Close),
        ("short-body", Head + "Content-Length: 100\r\n\r\nonly this", RawEnd.Close),
        ("two-lengths", Head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", RawEnd.Hold),
        ("length-list", Head + "Content-Length: 2, 2\r\n\r\nok", RawEnd.Hold),
        ("bad-length", Head + "Content-Length: +2\r\n\r\nok", RawEnd.Hold),
        ("negative-length", Head + "Content-Length: -2\r\n\r\nok", RawEnd.Hold),
        ("huge-length", Head + "Content-Length: 99999999999999999999\r\n\r\nok", RawEnd.Hold),
        ("length-and-chunked", Head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", RawEnd.Hold),
        ("unknown-coding", Head + "Transfer-Encoding: snappy\r\n\r\nok", RawEnd.Close),
        ("chunked-not-last", Head + "Transfer-Encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n", RawEnd.Close),
        ("bad-chunk", Events + TwoEvents + "zz\r\nnot hexadecimal\r\n", RawEnd.Hold),
        ("huge-chunk", Events + "fffffffffffffffff\r\n", RawEnd.Hold),
        ("bare-lf-chunk", Events + "d\ndata: {\"n\":1}\n0\n\n", RawEnd.Hold),
        ("long-chunk", Events + "2\r\nthree\r\n0\r\n\r\n", RawEnd.Hold),
        ("cut-chunk", Events + TwoEvents + "20\r\ndata: {\"n\"", RawEnd.Close),
        ("no-last-chunk", Events + TwoEvents, RawEnd.Close),
        ("bare-lf-head", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", RawEnd.Hold),
        ("bare-cr-head", Head + "X-Odd: a\rb\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("nul-head", Head + "X-Odd: a\0b\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("space-before-colon", Head + "Content-Length : 2\r\n\r\nok", RawEnd.Hold),
        ("folded-head", Head + "X-Odd: a\r\n b\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("no-colon", Head + "Nonsense\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("bad-status", "HTTP/1.1 20x OK\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("bad-version", "HTTP/7.3 200 OK\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("surplus", Head + "Content-Length: 2\r\n\r\nok, and more", RawEnd.Hold),
        ("second-answer", Head + "Content-Length: 2\r\n\r\nok" + Head + "Content-Length: 4\r\n\r\nevil", RawEnd.Hold),
        ("huge-head", Head + "X-Long: " + new string('a', 1024 * 1024) + "\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("interim", "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + Head + Ok, RawEnd.Hold),
        ("interim-flood", Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000) + Head + Ok, RawEnd.Hold),
        ("switch", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: odd\r\n\r\n", RawEnd.Hold),
        ("until-close", Head + "\r\nok", RawEnd.Close),
        ("http10", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nok", RawEnd.Close),
        ("body-with-204", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", RawEnd.Hold),
        ("trailers", Head + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n", RawEnd.Close),
        ("head-then-silence", Head + "Content-Length: 100\r\n\r\n", RawEnd.Hold),
        ("hop-by-hop", Head + "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n" + Ok, RawEnd.Hold),
    ];

    /// <summary>The names of all answers, with commas between.</summary>
    public static string Names { get; } = string.Join(", ", Table.Select(static row => row.Name));

    /// <summary>The bytes of an answer, or null where there is no such name.</summary>
    public static string? Find(ReadOnlySpan<char> name)
    {
        foreach (var row in Table)
        {
            if (name.SequenceEqual(row.Name))
            {
                return row.Bytes;
            }
        }

        return null;
    }

    /// <summary>Sends a named answer.</summary>
    public static ValueTask SendAsync(MockExchange exchange, string name)
    {
        foreach (var row in Table)
        {
            if (row.Name == name)
            {
                return SendAsync(exchange, Encoding.Latin1.GetBytes(row.Bytes), row.End, int.MaxValue, 0);
            }
        }

        throw new ArgumentException("No such answer.", nameof(name));
    }

    /// <summary>Sends bytes and then ends the connection.</summary>
    /// <param name="exchange">Whose connection. Its request must have been read.</param>
    /// <param name="bytes">What to send.</param>
    /// <param name="end">What becomes of the connection.</param>
    /// <param name="pieceBytes">Most bytes in one write to the socket.</param>
    /// <param name="gapMs">Time between two writes.</param>
    public static async ValueTask SendAsync(
        MockExchange exchange, ReadOnlyMemory<byte> bytes, RawEnd end, int pieceBytes, int gapMs)
    {
        var socket = exchange.Socket ?? throw new InvalidOperationException("A raw answer needs a connection of its own.");
        exchange.ExpectCallerToLeave();
        exchange.WatchCaller();
        try
        {
            while (!bytes.IsEmpty)
            {
                var piece = Math.Min(pieceBytes, bytes.Length);
                for (var sent = 0; sent < piece;)
                {
                    sent += await socket.SendAsync(bytes[sent..piece], SocketFlags.None);
                }

                bytes = bytes[piece..];
                if (!bytes.IsEmpty && !await exchange.DelayAsync(gapMs))
                {
                    break;
                }
            }

            if (end == RawEnd.Hold)
            {
                await exchange.DelayAsync(HoldMsMax);
            }
        }
        catch (SocketException)
        {
            // The caller did not want to hear the end of it, which is its right with answers such as these.
        }

        await exchange.CutAsync(end == RawEnd.Reset);
    }

    private static string Repeat(string text, int count)
        => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();
}

/// <summary>What becomes of the connection after a raw answer.</summary>
internal enum RawEnd
{
    /// <summary>It is closed in order: the caller reads every byte, then the end.</summary>
    Close,

    /// <summary>It stays open until the caller closes it.</summary>
    Hold,

    /// <summary>It is reset.</summary>
    Reset,
}
