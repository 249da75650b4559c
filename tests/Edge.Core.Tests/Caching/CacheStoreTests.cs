using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Edge.Core.Caching;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Caching;

public sealed class CacheStoreTests
{
    private static readonly KeyHasher Hasher = new(1, 2);

    [Fact]
    public void What_is_stored_is_found_with_head_and_body()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        Store(store, "a", "head", new string('x', 3000));
        Assert.Equal(("head", new string('x', 3000)), Find(store, "a"));
        Assert.Null(Find(store, "b"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(CacheStore.BlockBytes - 5)]
    [InlineData(CacheStore.BlockBytes - 6)]
    [InlineData(CacheStore.BlockBytes - 4)]
    [InlineData((2 * CacheStore.BlockBytes) - 5)]
    [InlineData((2 * CacheStore.BlockBytes) - 4)]
    public void A_body_may_end_anywhere_in_a_block(int length)
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        Store(store, "a", "head", new string('y', length));
        Assert.Equal(("head", new string('y', length)), Find(store, "a"));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 3000)]
    [InlineData(CacheStore.BlockBytes - 6, 1)]
    [InlineData(CacheStore.BlockBytes - 5, 1)]
    [InlineData(CacheStore.BlockBytes - 5, CacheStore.BlockBytes)]
    [InlineData(2999, 1)]
    public void Some_of_a_body_is_found_wherever_it_begins(int offset, int length)
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        var body = string.Concat(Enumerable.Range(0, 3000).Select(static i => (char)('a' + (i % 26))));
        Store(store, "a", "head", body);
        Assert.True(store.TryPin(Hasher.Hash("a"u8), "a"u8, 0, out var pin));
        Assert.Equal(body.Substring(offset, length), Text(pin, pin.PartOfBody(offset, length)));
        Assert.Throws<ArgumentOutOfRangeException>(() => pin.PartOfBody(offset, body.Length - offset + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pin.PartOfBody(body.Length + 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => pin.PartOfBody(-1, 1));
        pin.Release();
    }

    [Fact]
    public void A_second_answer_takes_the_place_of_the_first()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        Store(store, "a", "h", "first");
        Store(store, "a", "h", "second");
        Assert.Equal(("h", "second"), Find(store, "a"));
        Assert.Equal(1, store.Count);
    }

    [Fact]
    public void An_answer_expires_at_its_time_and_not_before()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        Store(store, "a", "h", "b", expiresMs: 1000);
        Assert.NotNull(Find(store, "a", nowMs: 999));
        Assert.Null(Find(store, "a", nowMs: 1000));
    }

    [Fact]
    public void Keys_that_share_a_hash_are_told_apart()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        var hash = Hasher.Hash("a"u8);
        var fill = new CacheFill();
        Assert.True(fill.Begin(store, hash, "a"u8, "h"u8) && fill.Append("of a"u8) && fill.Commit(Info(1, 0)));
        Assert.True(store.TryPin(hash, "a"u8, 0, out var pin));
        pin.Release();
        Assert.False(store.TryPin(hash, "b"u8, 0, out _));
        Assert.False(store.TryPin(hash, "a "u8, 0, out _));
        Assert.False(store.TryPin(hash, ""u8, 0, out _));
    }

    [Fact]
    public void Nothing_half_is_found()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        var fill = new CacheFill();
        var hash = Hasher.Hash("a"u8);
        Assert.True(fill.Begin(store, hash, "a"u8, "h"u8));
        Assert.True(fill.Append("half"u8));
        Assert.False(store.TryPin(hash, "a"u8, 0, out _));
        fill.Abandon();
        Assert.False(fill.Append("more"u8));
        Assert.False(fill.Commit(Info(1, 0)));
        Assert.False(store.TryPin(hash, "a"u8, 0, out _));
        Assert.Equal(0, store.UsedBytes);
    }

    [Fact]
    public void A_purge_during_a_fill_has_it_given_up()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        var fill = new CacheFill();
        Assert.True(fill.Begin(store, Hasher.Hash("a"u8), "a"u8, "h"u8));
        store.PurgeAll();
        Assert.True(fill.Append("old"u8));
        Assert.False(fill.Commit(Info(1, 0)));
        Assert.Null(Find(store, "a"));
        Assert.Equal(0, store.UsedBytes);
    }

    [Fact]
    public void A_purge_removes_what_fits_and_nothing_else()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        Store(store, "a", "h", "1", route: 1, owner: 7);
        Store(store, "b", "h", "2", route: 1, owner: 8);
        Store(store, "c", "h", "3", route: 2, owner: 7);
        Assert.Equal(0, Purge(store, "route=c", 3));
        Assert.Equal(1, Purge(store, "route=a&consumer=x", 1, 7));
        Assert.Null(Find(store, "a"));
        Assert.Equal(1, Purge(store, $"key={Hasher.Hash("b"u8).High:x}"));
        Assert.Null(Find(store, "b"));
        Assert.NotNull(Find(store, "c"));
        Assert.Equal(1, store.PurgeAll());
        Assert.Equal(0, store.Count);
        Assert.Equal(0, store.UsedBytes);
    }

    [Fact]
    public void What_is_held_stays_whole_though_it_is_purged_and_the_memory_is_used_again()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        var body = new string('p', 5000);
        Store(store, "pinned", "h", body);
        Assert.True(store.TryPin(Hasher.Hash("pinned"u8), "pinned"u8, 0, out var pin));
        store.PurgeAll();
        for (var i = 0; i < 2000; i++)
        {
            Store(store, "other" + i.ToString(CultureInfo.InvariantCulture), "h", new string('o', 2000));
        }

        Assert.True(store.Evictions > 0);
        Assert.Equal(body, Text(pin, pin.Body));
        pin.Release();
        store.PurgeAll();
        Assert.Equal(0, store.UsedBytes);
    }

    [Fact]
    public void Fills_that_never_end_leave_room_for_others()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        var endless = new CacheFill();
        Assert.True(endless.Begin(store, Hasher.Hash("e"u8), "e"u8, "h"u8));
        var taken = 0;
        while (endless.Append(new byte[CacheStore.BlockBytes]))
        {
            taken++;
        }

        Assert.InRange(taken, (store.BlockCount / 4) - 2, store.BlockCount / 4);
        endless.Abandon();
        Assert.Equal(0, store.UsedBytes);
        Store(store, "a", "h", "b");
        Assert.NotNull(Find(store, "a"));
    }

    [Fact]
    public void What_is_asked_for_often_outlives_a_flood_of_what_is_not()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        Store(store, "hot", "h", "kept");
        for (var i = 0; i < 20_000; i++)
        {
            Assert.NotNull(Find(store, "hot"));
            Store(store, i.ToString(CultureInfo.InvariantCulture), "h", "once");
        }

        Assert.True(store.Evictions > 10_000);
    }

    [Fact]
    public async Task Each_answer_is_its_owners_and_whole_under_eviction_purge_and_fills_at_once()
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var hits = 0L;
        var workers = new List<Task>();
        for (var worker = 0; worker < 4; worker++)
        {
            var seed = worker;
            workers.Add(Task.Run(() => Work(store, new Random(seed), ref hits, stop.Token), CancellationToken.None));
        }

        workers.Add(Task.Run(
            () =>
            {
                var random = new Random(99);
                while (!stop.IsCancellationRequested)
                {
                    Purge(store, "route=x", random.Next(0, 8));
                    Thread.Yield();
                }
            },
            CancellationToken.None));
        await Task.WhenAll(workers);
        Assert.True(hits > 1000, $"{hits} hits");
        store.PurgeAll();
        Assert.Equal(0, store.UsedBytes);
    }

    private static void Work(CacheStore store, Random random, ref long hits, CancellationToken stop)
    {
        var fill = new CacheFill();
        Span<byte> key = stackalloc byte[8];
        while (!stop.IsCancellationRequested)
        {
            var number = (int)(Math.Pow(random.NextDouble(), 3) * 3000);
            BinaryPrimitives.WriteInt64LittleEndian(key, number);
            var hash = Hasher.Hash(key);
            if (store.TryPin(hash, key, 0, out var pin))
            {
                if (random.Next(100) == 0)
                {
                    Thread.Yield();
                }

                Check(pin, number);
                pin.Release();
                Interlocked.Increment(ref hits);
                continue;
            }

            Fill(store, fill, random, hash, key, number);
        }
    }

    private static void Fill(
        CacheStore store, CacheFill fill, Random random, KeyHash hash, ReadOnlySpan<byte> key, int number)
    {
        var body = new byte[random.Next(0, 6000)];
        random.NextBytes(body);
        var head = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(head, number);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(4), Sum(body));
        if (fill.Begin(store, hash, key, head))
        {
            var cut = random.Next(0, body.Length + 1);
            fill.Append(body.AsSpan(0, cut));
            if (random.Next(10) == 0)
            {
                fill.Abandon();
                return;
            }

            fill.Append(body.AsSpan(cut));
            fill.Commit(Info(number % 8, (ulong)number));
        }
    }

    private static void Check(CachePin pin, int number)
    {
        var head = Bytes(pin, pin.Head);
        var body = Bytes(pin, pin.Body);
        Assert.Equal(number, BinaryPrimitives.ReadInt32LittleEndian(head));
        Assert.Equal((ulong)number, pin.Info.Owner);
        Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(4)), Sum(body));
    }

    private static ulong Sum(ReadOnlySpan<byte> body) => Hasher.Hash(body).High;

    private static CacheInfo Info(int route, ulong owner, long expiresMs = long.MaxValue) =>
        new() { Route = route, Owner = owner, ExpiresMs = expiresMs };

    private static void Store(
        CacheStore store, string key, string head, string body, long expiresMs = long.MaxValue, int route = 0, ulong owner = 0)
    {
        var fill = new CacheFill();
        var bytes = Encoding.UTF8.GetBytes(key);
        Assert.True(fill.Begin(store, Hasher.Hash(bytes), bytes, Encoding.UTF8.GetBytes(head)));
        Assert.True(fill.Append(Encoding.UTF8.GetBytes(body)));
        Assert.True(fill.Commit(Info(route, owner, expiresMs)));
    }

    private static (string Head, string Body)? Find(CacheStore store, string key, long nowMs = 0)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        if (!store.TryPin(Hasher.Hash(bytes), bytes, nowMs, out var pin))
        {
            return null;
        }

        var found = (Text(pin, pin.Head), Text(pin, pin.Body));
        pin.Release();
        return found;
    }

    private static string Text(CachePin pin, CacheCursor cursor) => Encoding.UTF8.GetString(Bytes(pin, cursor));

    private static byte[] Bytes(CachePin pin, CacheCursor cursor)
    {
        using var bytes = new MemoryStream();
        while (pin.TryRead(ref cursor, out var run))
        {
            bytes.Write(run);
        }

        return bytes.ToArray();
    }

    private static int Purge(CacheStore store, string text, int? route = null, ulong? owner = null)
    {
        Assert.True(CachePurge.TryParse(text, out var purge, out _));
        return store.Purge(purge, new PurgeNames(route, owner, null));
    }
}
