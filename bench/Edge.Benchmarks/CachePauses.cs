using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Edge.Core.Caching;
using Edge.Core.Limits;

namespace Edge.Benchmarks;

/// <summary>
/// What a full cache costs the collector: pauses while a million answers in 2 GiB are looked up and stored, beside the same in a
/// process that keeps none. Takes 2 GiB of memory and half a minute.
/// </summary>
internal static class CachePauses
{
    private const long StoreBytes = 2L * 1024 * 1024 * 1024;
    private const int Answers = 1_000_000;
    private const int BodyBytesMin = 900;
    private const int BodyBytesMax = 2100;
    private static readonly KeyHasher Hasher = new(1, 2);
    private static readonly TimeSpan RunLength = TimeSpan.FromSeconds(5);

    /// <summary>Measures and prints.</summary>
    public static void Print(TextWriter to)
    {
        to.WriteLine("| answers | memory | full collections | median pause | longest | lookups a second |");
        to.WriteLine("|---|---|---|---|---|---|");
        Run(to, 0);
        Run(to, Answers);
    }

    private static void Run(TextWriter to, int answers)
    {
        using var store = new CacheStore(answers == 0 ? CacheStore.BytesMin : StoreBytes);
        var fill = new CacheFill();
        var random = new Random(1);
        var body = new byte[BodyBytesMax];
        for (var i = 0; i < answers; i++)
        {
            Store(store, fill, i, body.AsSpan(0, random.Next(BodyBytesMin, BodyBytesMax)));
        }

        var (kept, used) = (store.Count, store.UsedBytes);
        var pauses = new List<double>(10_000);
        var (lookups, full) = (0L, GC.CollectionCount(2));
        var garbage = new byte[256][];
        Span<byte> key = stackalloc byte[64];
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < RunLength;)
        {
            for (var i = 0; i < 20_000; i++, lookups++)
            {
                var number = random.Next(Math.Max(1, answers));
                Write(key, number);
                if (store.TryPin(Hasher.Hash(key), key, 0, out var pin))
                {
                    pin.Release();
                }

                garbage[i % garbage.Length] = new byte[random.Next(16, 2000)];
            }

            Store(store, fill, random.Next(Math.Max(1, answers)), body);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
            foreach (var pause in GC.GetGCMemoryInfo(GCKind.Any).PauseDurations)
            {
                pauses.Add(pause.TotalMilliseconds);
            }
        }

        GC.KeepAlive(garbage);

        // The longest tells of what else the machine did, too; the median does not.
        pauses.Sort();
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {kept:N0} | {used / 1048576.0:N0} MiB | {GC.CollectionCount(2) - full} | {pauses[pauses.Count / 2]:0.00} ms "
            + $"| {pauses[^1]:0.00} ms | {lookups / RunLength.TotalSeconds:N0} |"));
    }

    private static void Store(CacheStore store, CacheFill fill, int number, ReadOnlySpan<byte> body)
    {
        Span<byte> key = stackalloc byte[64];
        Write(key, number);
        if (fill.Begin(store, Hasher.Hash(key), key, "head"u8) && fill.Append(body))
        {
            fill.Commit(new CacheInfo { ExpiresMs = long.MaxValue });
        }

        fill.Abandon();
    }

    private static void Write(Span<byte> key, int number)
    {
        key.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(key, number);
    }
}
