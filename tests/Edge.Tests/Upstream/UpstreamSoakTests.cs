using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>
/// Many callers over few connections to an upstream that delays, cuts, resets, answers early and says too much, while callers
/// go away at any moment. Whatever arrives whole must be the caller's own; everything else must be visibly broken.
/// </summary>
public class UpstreamSoakTests
{
    private const int CallerCount = 12;
    private const int AnswerBytesMax = 90_000;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(8);

    // A busy machine may take longer to see everything.
    private static readonly TimeSpan DurationMax = TimeSpan.FromSeconds(25);

    private int _whole;
    private int _failed;
    private int _broken;
    private int _left;

    private bool HasSeenEnough => _whole > 100 && _failed > 10 && _broken > 10 && _left > 10;

    [Theory]
    [InlineData(1)]
    public async Task No_caller_ever_gets_a_byte_of_anothers_answer(int seed)
    {
        await using var upstream = ScriptedUpstream.Start(
            connection => MisbehaveAsync(connection, new Random(seed + connection.Number)));
        await using var door = await Door.OpenAsync(
            upstream.Url.ToString(), ", connectionsMax: 8, timeouts: { firstByte: 400ms, idle: 400ms, total: 2s }");

        var clock = Stopwatch.StartNew();
        var callers = Enumerable.Range(0, CallerCount).Select(
            n => CallAsync(door.Endpoint, n, new Random((seed * 1000) + n), clock)).ToArray();
        await Task.WhenAll(callers);

        // Without all four the test would prove nothing.
        var told = $"{_whole} whole, {_failed} failed, {_broken} broken, {_left} left, {upstream.Connections} connections";
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        Assert.True(HasSeenEnough, told);
        Assert.True(upstream.Connections < upstream.Requests.Count, told);
    }

    private async Task CallAsync(IPEndPoint endpoint, int number, Random random, Stopwatch clock)
    {
        RawHttpClient? caller = null;
        for (var i = 0; clock.Elapsed < Duration || (!HasSeenEnough && clock.Elapsed < DurationMax); i++)
        {
            var current = caller ?? await RawHttpClient.ConnectAsync(endpoint);
            caller = current;
            var tag = $"{number}-{i}-{random.Next():x}";
            try
            {
                if (!await ExchangeAsync(current, tag, random))
                {
                    await current.DisposeAsync();
                    caller = null;
                }
            }
            catch (IOException)
            {
                // Closed before an answer: as visible as can be.
                Interlocked.Increment(ref _broken);
                await current.DisposeAsync();
                caller = null;
            }
        }

        if (caller is not null)
        {
            await caller.DisposeAsync();
        }
    }

    /// <summary>True where the connection can be used again.</summary>
    private async Task<bool> ExchangeAsync(RawHttpClient caller, string tag, Random random)
    {
        var body = random.Next(3) switch
        {
            0 => null,
            1 => BodyFor(tag, 5_000),
            _ => BodyFor(tag, 200_000),
        };
        await caller.SendAsync(body is null
            ? $"GET /{tag} HTTP/1.1\r\nHost: a\r\n\r\n"
            : $"POST /{tag} HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n");
        if (random.Next(12) == 0)
        {
            // Goes away: before the body, or before the answer.
            Interlocked.Increment(ref _left);
            return false;
        }

        var sending = body is null ? Task.CompletedTask : caller.SendAsync(body);
        var answer = await caller.ReadHeadAsync();
        if (random.Next(12) == 0)
        {
            await answer.Body.ReadPieceAsync();
            Interlocked.Increment(ref _left);
            await Task.WhenAny(sending);
            return false;
        }

        await answer.Body.ReadToEndAsync();
        if (answer.Body.IsBroken)
        {
            Interlocked.Increment(ref _broken);
            await sending.ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            return false;
        }

        Assert.True(answer.Body.IsComplete);
        if (answer.Status is 502 or 503 or 504)
        {
            Interlocked.Increment(ref _failed);
            Assert.StartsWith("edge; error=", answer.Headers["Proxy-Status"], StringComparison.Ordinal);
        }
        else
        {
            Interlocked.Increment(ref _whole);
            Assert.Equal(200, answer.Status);
            Assert.Equal(tag, answer.Headers["X-Tag"]);
            Assert.Equal(Digest(tag), answer.Headers["X-Digest"]);
            Assert.Equal(AnswerFor(tag), answer.Body.Bytes);
        }

        await sending;
        return answer.Headers["Connection"] != "close";
    }

    private static async Task MisbehaveAsync(ScriptedConnection connection, Random random)
    {
        while (await connection.ReadRequestHeadAsync() is { } request)
        {
            var tag = request.Target[1..];
            var early = random.Next(8) == 0;
            if (!early)
            {
                await request.Body.ReadToEndAsync();
                if (request.Body.Framing == RawFraming.Length)
                {
                    // The way there is held to the same.
                    var body = request.Body.Bytes;
                    Assert.True(request.Body.IsBroken || body.AsSpan().SequenceEqual(BodyFor(tag, body.Length)));
                }
            }

            if (random.Next(4) == 0)
            {
                await Task.Delay(random.Next(random.Next(10) == 0 ? 900 : 20), connection.Deadline);
            }

            var (answer, untilClose) = Render(tag, random);
            var act = random.Next(20);
            switch (act)
            {
                case 0:
                    connection.Reset();
                    return;
                case 1:
                    return;
                case 2 or 3:
                    // Cut somewhere: in the head, the body, or its last byte. An end is no cut where it frames the body.
                    await connection.SendAsync(answer.AsMemory(0, random.Next(1, answer.Length)));
                    if (act == 2 || untilClose)
                    {
                        await connection.WaitUntilReceivedAsync();
                        connection.Reset();
                    }

                    return;
                case 4 when !untilClose:
                    var evil = Encoding.Latin1.GetBytes(ScriptedUpstream.Ok("somebody else's answer"));
                    await connection.SendAsync((byte[])[.. answer, .. random.Next(2) == 0 ? evil : "\r\n"u8.ToArray()]);
                    await connection.WaitForBytesAsync();
                    return;
                case 5:
                    var middle = answer.Length / 2;
                    await connection.SendCutAsync(answer, random.Next(1, middle), random.Next(middle, answer.Length));
                    break;
                default:
                    await connection.SendAsync(answer);
                    break;
            }

            if (untilClose || random.Next(15) == 0)
            {
                return;
            }

            if (early)
            {
                await request.Body.ReadToEndAsync();
            }
        }
    }

    private static (byte[] Bytes, bool UntilClose) Render(string tag, Random random)
    {
        var body = AnswerFor(tag);
        var head = $"HTTP/1.1 200 OK\r\nX-Tag: {tag}\r\nX-Digest: {Digest(tag)}\r\n";
        switch (random.Next(4))
        {
            case 0:
                var chunks = new MemoryStream();
                chunks.Write(Encoding.Latin1.GetBytes(head + "Transfer-Encoding: chunked\r\n\r\n"));
                for (var at = 0; at < body.Length;)
                {
                    var size = Math.Min(body.Length - at, random.Next(1, 30_000));
                    chunks.Write(Encoding.Latin1.GetBytes(size.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
                    chunks.Write(body, at, size);
                    chunks.Write("\r\n"u8);
                    at += size;
                }

                chunks.Write("0\r\n\r\n"u8);
                return (chunks.ToArray(), false);
            case 1:
                return ([.. Encoding.Latin1.GetBytes(head + "\r\n"), .. body], true);
            default:
                return ([.. Encoding.Latin1.GetBytes(head + $"Content-Length: {body.Length}\r\n\r\n"), .. body], false);
        }
    }

    private static byte[] AnswerFor(string tag) =>
        BodyFor("answer to " + tag, 1 + (Digest(tag).GetHashCode(StringComparison.Ordinal) & int.MaxValue) % AnswerBytesMax);

    /// <summary>Bytes that belong to a tag and to no other: each block begins with it.</summary>
    private static byte[] BodyFor(string tag, int length)
    {
        var block = Encoding.Latin1.GetBytes($"[{tag}]");
        var body = new byte[length];
        for (var at = 0; at < length; at += block.Length)
        {
            block.AsSpan(0, Math.Min(block.Length, length - at)).CopyTo(body.AsSpan(at));
        }

        return body;
    }

    private static string Digest(string tag) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(tag)))[..16];
}
