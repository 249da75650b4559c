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

    /// <summary>A thousand of 1,536 dimensions.</summary>
    private static readonly VectorIndex NearVectors = MakeVectors();

    private static readonly float[] AskedVector = new float[1536];

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

    [Benchmark]
    public bool FindNearVector() => NearVectors.TryFind(new KeyHash(1, 2), AskedVector, 0.9f, out _);

    [Benchmark]
    public bool MakeCachePartition()
    {
        _cacheKey.Begin(CacheScope.OfConsumer("consumers", "ann"), CacheHasher);
        _cacheKey.MarkQuestion(CacheKey.FindQuestion(_cachedBody, LlmApi.ChatCompletions));
        return _cacheKey.TryEnd(_cachedBody, CacheHasher) && _cacheKey.Partition(CacheHasher) != default;
    }

    private static VectorIndex MakeVectors()
    {
        var index = new VectorIndex(1000);
        var random = new Random(5);
        var vector = new float[1536];
        for (var i = 0; i < 1000; i++)
        {
            foreach (ref var value in vector.AsSpan())
            {
                value = random.NextSingle() - 0.5f;
            }

            VectorIndex.TryNormalize(vector);
            index.Add(new KeyHash(1, 2), vector, new KeyHash((ulong)i, 0));
        }

        return index;
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
