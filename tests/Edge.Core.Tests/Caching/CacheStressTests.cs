using System.Buffers.Binary;
using System.Diagnostics;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Caching;

/// <summary>
/// Threads that look up, share calls, store, evict and purge at the same time; whoever is given an answer checks whose it is and
/// every byte of it. A few seconds; <c>EDGE_CACHE_STRESS_SECONDS</c> makes it minutes.
/// </summary>
public sealed class CacheStressTests
{
    private const int Keys = 3000;
    private const int Threads = 8;
    private const int BodyBytesMax = 6000;
    private static readonly KeyHasher Hasher = new(3, 4);

    private static TimeSpan Length => TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("EDGE_CACHE_STRESS_SECONDS"), out var seconds) ? seconds : 3);

    [Fact]
    public async Task Every_answer_is_its_owners_and_whole_whatever_is_evicted_purged_and_shared_meanwhile()
    {
        using var store = new CacheStore(2 * CacheStore.BytesMin);
        var table = new FlightTable(store);
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, Threads).Select(
            number => Task.Run(() => RunAsync(store, table, clock, new Random(number)), TestContext.Current.CancellationToken)));
        Assert.True(counts.Sum(static c => c.Hits) > 1000);
        Assert.True(counts.Sum(static c => c.Joined) > 100);
        Assert.True(store.Evictions > 1000);
        Assert.Equal((0, 0), (table.Count, table.Joined));
        store.PurgeAll();
        Assert.Equal(0, store.UsedBytes);
    }

    private static async Task<(long Hits, long Joined)> RunAsync(
        CacheStore store, FlightTable table, Stopwatch clock, Random random)
    {
        var joiner = new FlightJoiner();
        var (hits, joined) = (0L, 0L);
        for (var turn = 0; clock.Elapsed < Length; turn++)
        {
            // The few that are asked for often are asked for by several at once.
            var number = random.Next(4) == 0 ? random.Next(4) : random.Next(random.Next(1, Keys));
            var key = KeyOf(number);
            var hash = Hasher.Hash(key);
            if (random.Next(500) == 0)
            {
                Purge(store, hash, number, random);
            }

            if (random.Next(3) > 0 && store.TryPin(hash, key, 0, out var pin))
            {
                Check(number, pin);
                hits++;
                continue;
            }

            var flight = table.Enter(hash, key, joiner, out var leads);
            if (!leads)
            {
                joined += await JoinAsync(number, flight, joiner, random) ? 1 : 0;
                leads = joiner.Leads;
                joiner.Leave();
            }

            if (leads)
            {
                await LeadAsync(store, number, key, hash, flight, random);
                flight.Release();
            }
        }

        return (hits, joined);
    }

    /// <summary>A purge of any kind: of a key, a route, an owner, a tag, a path, or of several.</summary>
    private static void Purge(CacheStore store, KeyHash hash, int number, Random random)
    {
        var text = random.Next(6) switch
        {
            0 => $"key={hash.High:x16}",
            1 => $"tag=tag-{number % 16}",
            2 => $"tag=tag-{number % 16}&consumer=x",
            3 => $"prefix=/{number % 16}/",
            4 => "route=x&consumer=x",
            _ => "consumer=x",
        };
        Assert.True(CachePurge.TryParse(text, out var purge, out _));
        var isOwners = purge.Consumer is not null;
        store.Purge(purge, new PurgeNames(purge.Route is null ? null : number % 4, isOwners ? (ulong)(number % 8) : null, null));
    }

    private static async Task LeadAsync(
        CacheStore store, int number, byte[] key, KeyHash hash, CacheFlight flight, Random random)
    {
        var body = BodyOf(number, random.Next(BodyBytesMax));
        if (random.Next(20) == 0)
        {
            flight.Fail(Failure.UpstreamClosed, isCallersOwn: random.Next(2) == 0);
            return;
        }

        var head = HeadOf(number);
        if (!flight.Fill.Begin(store, hash, key, head, flight.Purges))
        {
            flight.Unshare();
            return;
        }

        var isOpen = random.Next(2) == 0;
        if (isOpen)
        {
            flight.Open(-1);
        }

        for (var at = 0; at < body.Length;)
        {
            var count = Math.Min(body.Length - at, random.Next(1, 900));
            if (random.Next(100) == 0 || !flight.TryAppend(body.AsSpan(at, count)))
            {
                flight.Fail(Failure.UpstreamBodyIncomplete, isCallersOwn: false);
                return;
            }

            at += count;
            if (random.Next(4) == 0)
            {
                await Task.Yield();
            }
        }

        var info = new CacheInfo
        {
            ExpiresMs = 1,
            Owner = (ulong)(number % 8),
            Route = number % 4,
            TagBits = CacheTags.BitsOf(new StoredHead(head)),
        };
        flight.Complete(random.Next(10) == 0 ? null : info, (number, 0));
    }

    private static async Task<bool> JoinAsync(int number, CacheFlight flight, FlightJoiner joiner, Random random)
    {
        while (flight.State == FlightState.Pending)
        {
            if (await joiner.WaitAsync() == FlightNews.Leads)
            {
                return false;
            }
        }

        var patience = random.Next(30) == 0 ? random.Next(BodyBytesMax) : int.MaxValue;
        while (true)
        {
            var state = flight.State;
            if (joiner.TryRead(out var run))
            {
                CheckRun(number, (int)joiner.Position - run.Length, run);
                if (joiner.Position > patience)
                {
                    return false;
                }
            }
            else if (state == FlightState.Whole)
            {
                Assert.Equal(number, flight.Tokens.Input);
                Assert.Equal(number, HeadOf(flight));
                return true;
            }
            else if (state != FlightState.Open)
            {
                return false;
            }
            else
            {
                await joiner.WaitAsync();
            }
        }
    }

    // A head may begin in one block and end in the next.
    private static int HeadOf(CacheFlight flight)
    {
        Span<byte> head = stackalloc byte[256];
        var length = 0;
        for (var cursor = flight.Head; flight.TryReadHead(ref cursor, out var part); length += part.Length)
        {
            part.CopyTo(head[length..]);
        }

        Assert.True(new StoredHead(head[..length]).TryFind("N"u8, out var number));
        return BinaryPrimitives.ReadInt32LittleEndian(number);
    }

    private static byte[] HeadOf(int number)
    {
        var head = new HeadBuffer();
        StoredHead.Begin(head, 200, default);
        StoredHead.Add(head, "N"u8, BitConverter.GetBytes(number));
        StoredHead.Add(head, "Cache-Tag"u8, System.Text.Encoding.ASCII.GetBytes($"all, tag-{number % 16}"));
        var bytes = head.Written.ToArray();
        head.ReturnMemory();
        return bytes;
    }

    private static void Check(int number, CachePin pin)
    {
        Assert.Equal(((ulong)(number % 8), number % 4), (pin.Info.Owner, pin.Info.Route));
        var at = 0;
        for (var cursor = pin.Body; pin.TryRead(ref cursor, out var run); at += run.Length)
        {
            CheckRun(number, at, run);
        }

        Assert.Equal(pin.BodyLength, at);
        pin.Release();
    }

    private static void CheckRun(int number, int at, ReadOnlySpan<byte> run)
    {
        for (var i = 0; i < run.Length; i++)
        {
            if (run[i] != ByteOf(number, at + i))
            {
                Assert.Fail($"Byte {at + i} of answer {number} is another's.");
            }
        }
    }

    private static byte ByteOf(int number, int at) => (byte)((number * 31) + (at * 7) + (at >> 8));

    private static byte[] BodyOf(int number, int length)
    {
        var body = new byte[length];
        for (var i = 0; i < length; i++)
        {
            body[i] = ByteOf(number, i);
        }

        return body;
    }

    // Long enough to end in any place of a block, and with a path.
    private static byte[] KeyOf(int number)
    {
        var key = new CacheKey();
        key.Begin(CacheScope.OfConsumer("", $"{number % 8}"), Hasher);
        key.Add("route");
        key.Add("service");
        key.Add($"/{number % 16}/{number}");
        key.Add(new string('q', number % 350));
        key.TryEnd(Hasher);
        var bytes = key.Bytes.ToArray();
        key.ReturnMemory();
        return bytes;
    }
}
