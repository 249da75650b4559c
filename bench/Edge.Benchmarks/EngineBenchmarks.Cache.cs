using System.Text;
using BenchmarkDotNet.Attributes;
using Edge.Core.Bodies;
using Edge.Core.Caching;
using Edge.Core.Limits;

namespace Edge.Benchmarks;

/// <content>Answers from memory.</content>
public partial class EngineBenchmarks
{
    private static readonly KeyHasher CacheHasher = new(1, 2);

    private static readonly CacheStore Cache = new(CacheStore.BytesMin);

    private readonly CacheKey _cacheKey = new();
    private readonly JsonTape _cachedBody = MakeCachedBody();
    private readonly CacheFill _cacheFill = new();
    private readonly byte[] _cachedAnswer = new byte[1024];

    [Benchmark]
    public bool MakeCacheKey()
    {
        _cacheKey.Begin(CacheScope.OfConsumer("consumers", "ann"), CacheHasher);
        return _cacheKey.TryEnd(_cachedBody, CacheHasher);
    }

    [Benchmark]
    public bool StoreAnswer() =>
        _cacheFill.Begin(Cache, CacheHasher.Hash("stored"u8), "stored"u8, "application/json"u8)
        && _cacheFill.Append(_cachedAnswer)
        && _cacheFill.Commit(new CacheInfo { ExpiresMs = long.MaxValue });

    [Benchmark]
    public int FindAnswer()
    {
        if (!Cache.TryPin(CacheHasher.Hash("found"u8), "found"u8, 0, out var pin))
        {
            _ = _cacheFill.Begin(Cache, CacheHasher.Hash("found"u8), "found"u8, "application/json"u8)
                && _cacheFill.Append(_cachedAnswer) && _cacheFill.Commit(new CacheInfo { ExpiresMs = long.MaxValue });
            return 0;
        }

        var sum = 0;
        for (var cursor = pin.Body; pin.TryRead(ref cursor, out var run);)
        {
            sum += run.Length;
        }

        pin.Release();
        return sum;
    }

    private static JsonTape MakeCachedBody()
    {
        var tape = new JsonTape();
        tape.Read(Encoding.UTF8.GetBytes(
            "{\"model\":\"m\",\"temperature\":0.70,\"messages\":[{\"role\":\"user\",\"content\":\""
            + new string('x', 1100) + "\"}]}"));
        return tape;
    }
}
