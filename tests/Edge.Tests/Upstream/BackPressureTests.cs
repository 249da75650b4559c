using System.Net.Sockets;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>
/// Bodies of 100 MB between a fast side and one that does not move: the fast side has to wait, in both directions, and the
/// gateway's memory stays small.
/// </summary>
[Collection(nameof(MeasuresMemory))]
public class BackPressureTests
{
    private const int PieceBytes = 64 * 1024;
    private const int BodyBytes = 100 * 1024 * 1024;

    // What kernels hold on two loopback connections (their buffers grow to 6 MB and 4 MB each) and the server's 1 MB.
    private const int StuckBytesMax = 40 * 1024 * 1024;
    private const int HeapGrowthBytesMax = 12 * 1024 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_slow_upstream_stops_the_caller(bool chunked)
    {
        using var listener = Listen(out var url);
        await using var door = await Door.OpenAsync(url);
        using var caller = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync(door.Endpoint, TestContext.Current.CancellationToken);
        var framing = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {BodyBytes}";
        await caller.SendAsync(Encoding.Latin1.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n"));
        using var deadline = Deadline.Begin();
        using var upstream = await listener.AcceptAsync(deadline.Token);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var flow = new Flow();
        var sending = Task.Run(() => flow.Send(caller, chunked), TestContext.Current.CancellationToken);
        var stuckAt = await flow.WaitUntilStuckAsync();
        var stuckHeap = GC.GetTotalMemory(forceFullCollection: true);
        var received = await Task.Run(
            () => ReceiveUntil(upstream, "\r\n\r\n"u8.ToArray(), chunked), TestContext.Current.CancellationToken);
        await sending;
        await upstream.SendAsync(Encoding.Latin1.GetBytes(ScriptedUpstream.Ok("fine")));
        var answer = new byte[1024];
        var length = await caller.ReceiveAsync(answer);

        Assert.InRange(stuckAt, PieceBytes, StuckBytesMax);
        Assert.InRange(stuckHeap - before, long.MinValue, HeapGrowthBytesMax);
        Assert.InRange(received, BodyBytes, long.MaxValue);
        Assert.StartsWith("HTTP/1.1 200", Encoding.Latin1.GetString(answer, 0, length), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 104857600")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Connection: close")]
    public async Task A_slow_caller_stops_the_upstream(string framing)
    {
        var chunked = framing[0] == 'T';
        using var listener = Listen(out var url);
        await using var door = await Door.OpenAsync(url);
        using var caller = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync(door.Endpoint, TestContext.Current.CancellationToken);
        await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var deadline = Deadline.Begin();
        using var upstream = await listener.AcceptAsync(deadline.Token);
        await upstream.ReceiveAsync(new byte[4096]);
        await upstream.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n"));

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var flow = new Flow();
        var sending = Task.Run(() => flow.Send(upstream, chunked), TestContext.Current.CancellationToken);
        var stuckAt = await flow.WaitUntilStuckAsync();
        var stuckHeap = GC.GetTotalMemory(forceFullCollection: true);
        var receiving = Task.Run(() => ReceiveToEnd(caller), TestContext.Current.CancellationToken);
        await sending;
        upstream.Shutdown(SocketShutdown.Send);
        var received = await receiving;

        Assert.InRange(stuckAt, PieceBytes, StuckBytesMax);
        Assert.InRange(stuckHeap - before, long.MinValue, HeapGrowthBytesMax);
        Assert.InRange(received, BodyBytes, long.MaxValue);
    }

    // A caller who has sent much gets a large block for its next bytes, but keeps no more of it than they need.
    [Theory]
    [InlineData("G")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\nG")]
    public async Task Callers_who_sent_much_and_then_a_little_hold_little(string little)
    {
        const int Callers = 400;
        const int HeldBytesMax = 32 * 1024;
        var isSlow = false;
        var go = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await (isSlow ? connection.StallAsync(go.Task) : Task.CompletedTask);
                await connection.SendAsync(ScriptedUpstream.Ok("fine"));
            }
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());
        var callers = new List<RawHttpClient>();
        for (var i = 0; i < Callers; i++)
        {
            callers.Add(await RawHttpClient.ConnectAsync(door.Endpoint));
            await callers[i].SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n{new string('x', 5000)}");
            Assert.Equal("fine", (await callers[i].ReadResponseAsync("POST")).Text);
        }

        isSlow = true;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var caller in callers)
        {
            await caller.SendAsync(little);
            await caller.WaitUntilReceivedAsync();
        }

        await upstream.WaitForRequestsAsync(little.Length > 1 ? 2 * Callers : Callers);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        go.SetResult();
        foreach (var caller in callers)
        {
            await caller.DisposeAsync();
        }

        Assert.InRange(held / Callers, long.MinValue, HeldBytesMax);
    }

    private static Socket Listen(out string url)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen();
        url = $"http://{listener.LocalEndPoint}";
        return listener;
    }

    private static long ReceiveToEnd(Socket from)
    {
        var buffer = new byte[PieceBytes];
        var total = 0L;
        while (from.Receive(buffer) is > 0 and var count)
        {
            total += count;
        }

        return total;
    }

    // Of a request there is no end to wait for: its head tells how much is to come, or its last chunk.
    private static long ReceiveUntil(Socket from, byte[] headEnd, bool chunked)
    {
        var buffer = new byte[PieceBytes];
        var head = from.Receive(buffer);
        var at = buffer.AsSpan(0, head).IndexOf(headEnd) + headEnd.Length;
        Assert.True(at >= headEnd.Length);
        var total = (long)(head - at);
        var last = "";
        while (chunked ? !last.EndsWith("0\r\n\r\n", StringComparison.Ordinal) : total < BodyBytes)
        {
            var count = from.Receive(buffer);
            Assert.NotEqual(0, count);
            total += count;

            // The end may come in pieces.
            last += Encoding.Latin1.GetString(buffer, Math.Max(0, count - 5), Math.Min(count, 5));
            last = last[Math.Max(0, last.Length - 5)..];
        }

        return total;
    }

    /// <summary>Sends a body piece by piece, and tells when it cannot go on.</summary>
    private sealed class Flow
    {
        private long _sent;

        public void Send(Socket to, bool chunked)
        {
            var piece = new byte[PieceBytes];
            Array.Fill(piece, (byte)'x');
            var before = Encoding.Latin1.GetBytes($"{PieceBytes:x}\r\n");
            var after = "\r\n"u8.ToArray();
            for (var i = 0; i < BodyBytes / PieceBytes; i++)
            {
                if (chunked)
                {
                    to.Send(before);
                }

                to.Send(piece);
                if (chunked)
                {
                    to.Send(after);
                }

                Interlocked.Add(ref _sent, piece.Length);
            }

            if (chunked)
            {
                to.Send("0\r\n\r\n"u8);
            }
        }

        /// <summary>
        /// Asked again and again, since there is nothing to await: stuck is what stays the same for long enough.
        /// </summary>
        public async Task<long> WaitUntilStuckAsync()
        {
            var last = -1L;
            for (var same = 0; same < 20;)
            {
                await Task.Delay(25, TestContext.Current.CancellationToken);
                var now = Interlocked.Read(ref _sent);
                same = now == last && now > 0 ? same + 1 : 0;
                last = now;
            }

            return last;
        }
    }
}

/// <summary>Tests that look at the memory of the whole process, and so run when no other test does.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public class MeasuresMemory;
