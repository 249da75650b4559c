using System.Text;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Caching;

/// <summary>Answers as they lie in the store that replicas share.</summary>
public sealed class SharedObjectTests
{
    private const long LeftMs = 60_000;
    private static readonly KeyHasher Hasher = new(5, 6);
    private static readonly byte[] Key = "the key of the question"u8.ToArray();

    public static TheoryData<int> Lengths => [0, 1, 400, SharedObject.CompressedBytesMin, 40_000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void What_is_written_is_read(int bodyLength)
    {
        var bytes = Write(Body(bodyLength));
        Assert.Equal(SharedVerdict.Good, Read(bytes, out var parts, out var facts));
        Assert.Equal(Key.Length, facts.KeyLength);
        Assert.Equal(Body(bodyLength), parts[(facts.KeyLength + facts.HeadLength)..]);
        Assert.Equal((7, 9, 3, 4), (facts.Generation, facts.Stamp, facts.InputTokens, facts.OutputTokens));
        Assert.Equal(bodyLength >= SharedObject.CompressedBytesMin, bytes.Length < bodyLength);
    }

    [Fact]
    public void What_does_not_become_shorter_stays_as_it_is()
    {
        var body = new byte[10_000];
        new Random(1).NextBytes(body);
        var bytes = Write(body);
        Assert.InRange(bytes.Length, body.Length, body.Length + SharedObject.HeaderBytes + 100);
        Assert.Equal(SharedVerdict.Good, Read(bytes, out var parts, out _));
        Assert.Equal(body, parts[^body.Length..]);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(5000)]
    public void Nothing_that_is_cut_or_changed_anywhere_is_taken(int bodyLength)
    {
        var bytes = Write(Body(bodyLength));
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.Equal(SharedVerdict.Foreign, Read(bytes[..i], out _, out _));
            var changed = (byte[])bytes.Clone();
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.Equal(SharedVerdict.Foreign, Read(changed, out _, out _));
        }

        Assert.Equal(SharedVerdict.Foreign, Read([.. bytes, 0], out _, out _));
    }

    [Fact]
    public void What_another_secret_has_written_is_foreign()
    {
        var bytes = Write(Body(100), new KeyHasher(5, 7));
        Assert.Equal(SharedVerdict.Foreign, Read(bytes, out _, out _));
    }

    [Fact]
    public void The_answer_to_another_question_is_not_taken_though_it_lies_in_its_place()
    {
        var bytes = Write(Body(5000));
        Assert.Equal(SharedVerdict.OtherKey, Read(bytes, out _, out _, key: "the key of the questioN"u8.ToArray()));
        Assert.Equal(SharedVerdict.OtherKey, Read(bytes, out _, out _, key: Key[..^1]));
    }

    [Theory]
    [InlineData(5000, SharedVerdict.Good)]
    [InlineData(4999, SharedVerdict.OtherKey)]
    public void A_body_that_is_longer_than_the_route_wants_is_not_expanded(int max, SharedVerdict verdict) =>
        Assert.Equal(verdict, Read(Write(Body(5000)), out _, out _, bodyBytesMax: max));

    [Theory]
    [InlineData(LeftMs, SharedVerdict.Good, 1000, 500)]
    [InlineData(LeftMs - 200, SharedVerdict.Good, 1200, 300)]
    [InlineData(LeftMs - 600, SharedVerdict.Good, 1600, -100)]
    [InlineData(LeftMs + 1, SharedVerdict.TooLong, 0, 0)]
    [InlineData(0, SharedVerdict.TooLong, 0, 0)]
    [InlineData(-1, SharedVerdict.TooLong, 0, 0)]
    [InlineData(long.MinValue, SharedVerdict.TooLong, 0, 0)]
    public void Its_age_is_what_the_store_says_is_gone_of_its_time(long leftMs, SharedVerdict verdict, long ageMs, long freshMs)
    {
        Assert.Equal(verdict, Read(Write(Body(10)), out _, out var facts, leftMs: leftMs));
        Assert.Equal((ageMs, freshMs), (facts.AgeMs, facts.FreshMs));
    }

    [Fact]
    public void A_history_tells_what_was_purged_since()
    {
        Assert.False(PurgeHistory.Unknown.TryGetNewer(0, out _));
        var history = PurgeHistory.From(100).With([Parse("route=a"), Parse("route=b")]);
        Assert.Equal(102, history.Generation);
        Assert.True(history.TryGetNewer(102, out var newer));
        Assert.Equal(0, newer.Length);
        Assert.True(history.TryGetNewer(101, out newer));
        Assert.Equal("b", Assert.Single(newer.ToArray()).Route);
        Assert.True(history.TryGetNewer(100, out newer));
        Assert.Equal(2, newer.Length);

        // Of what was before, and of what another replica knows already, nothing can be said.
        Assert.False(history.TryGetNewer(99, out _));
        Assert.False(history.TryGetNewer(103, out _));
    }

    [Fact]
    public void A_history_forgets_the_oldest()
    {
        var purges = Enumerable.Range(0, PurgeHistory.PurgesMax).Select(static i => Parse($"route={i}")).ToArray();
        var history = PurgeHistory.From(1).With(purges);
        Assert.Equal(PurgeHistory.PurgesMax, history.Count);
        Assert.True(history.TryGetNewer(1, out _));
        history = history.With([Parse("route=last")]);
        Assert.Equal(PurgeHistory.PurgesMax, history.Count);
        Assert.False(history.TryGetNewer(1, out _));
        Assert.True(history.TryGetNewer(2, out var newer));
        Assert.Equal(("1", "last"), (newer[0].Route, newer[^1].Route));
    }

    [Theory]
    [InlineData("all=true", true)]
    [InlineData("route=a&tag=b&prefix=/c&consumer=d&source=e&key=f", true)]
    [InlineData("prefix=%2Fdocs%2F", true)]
    [InlineData("", false)]
    [InlineData("all=yes", false)]
    [InlineData("all=true&route=a", false)]
    [InlineData("source=e", false)]
    [InlineData("tag=", false)]
    [InlineData("tag=a+b", false)]
    [InlineData("tag=a,b", false)]
    [InlineData("prefix=docs", false)]
    [InlineData("key=g", false)]
    [InlineData("what=ever", false)]
    public void A_purge_says_something_or_is_none(string text, bool isOne) =>
        Assert.Equal(isOne, CachePurge.TryParse(text, out _, out _));

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("product-1, Product-2", "product-2", true)]
    [InlineData("x y\tz", "y", true)]
    [InlineData("product-12", "product-1", false)]
    [InlineData("", "a", false)]
    public void Tags_are_found_whole(string line, string tag, bool has)
    {
        var (bytes, wanted) = (Encoding.ASCII.GetBytes(line), Encoding.ASCII.GetBytes(tag));
        Assert.Equal(has, CacheTags.Has(bytes, wanted));
        var bits = CacheTags.BitsOf(wanted);
        Assert.True(!has || (CacheTags.BitsOf(bytes) & bits) == bits);
    }

    [Fact]
    public void A_path_is_found_in_a_key_with_a_body_and_without_and_in_no_piece_of_one()
    {
        var key = new CacheKey();
        key.Begin(CacheScope.OfConsumer("file", "/ann"), Hasher);
        key.Add("/route");
        key.Add("/service");
        var withoutMethod = key.Bytes.ToArray();
        key.Add("POST");
        key.Add("/v1/chat");
        Assert.Equal("/v1/chat", CacheKey.PathOf(key.Bytes).ToString());
        for (var i = 0; i < key.Bytes.Length; i++)
        {
            Assert.True(CacheKey.PathOf(key.Bytes[..i]).IsEmpty);
        }

        key.ReturnMemory();
        Assert.Equal("/docs", CacheKey.PathOf([.. withoutMethod, 5, 0, 0, 0, .. Encoding.Unicode.GetBytes("/docs")]).ToString());
        Assert.True(CacheKey.PathOf([.. withoutMethod, 255, 255, 255, 255, 0]).IsEmpty);
    }

    private static CachePurge Parse(string text)
    {
        Assert.True(CachePurge.TryParse(text, out var purge, out _));
        return purge;
    }

    private static byte[] Body(int length)
    {
        var body = new byte[length];
        for (var i = 0; i < length; i++)
        {
            body[i] = (byte)"{\"answer\":1}"[i % 12];
        }

        return body;
    }

    private static byte[] Write(byte[] body, KeyHasher? hasher = null)
    {
        using var store = new CacheStore(CacheStore.BytesMin);
        var head = new HeadBuffer();
        StoredHead.Begin(head, 200, default);
        StoredHead.Add(head, "Content-Type"u8, "application/json"u8);
        var fill = new CacheFill();
        Assert.True(fill.Begin(store, Hasher.Hash(Key), Key, head.Written.Span));
        Assert.True(fill.Append(body));
        Assert.True(fill.Commit(new CacheInfo { ExpiresMs = 1 }, out var pin));
        var facts = new SharedFacts
        {
            Generation = 7,
            Stamp = 9,
            AgeMs = 1000,
            FreshMs = 500,
            LifetimeMs = LeftMs,
            InputTokens = 3,
            OutputTokens = 4,
        };
        head.ReturnMemory();
        SharedObject.Write(head, pin, facts, hasher ?? Hasher);
        pin.Release();
        var bytes = head.Written.ToArray();
        head.ReturnMemory();
        return bytes;
    }

    private static SharedVerdict Read(
        byte[] bytes, out byte[] parts, out SharedFacts facts, byte[]? key = null, long leftMs = LeftMs,
        long bodyBytesMax = 1_000_000)
    {
        var buffer = new HeadBuffer();
        var verdict = SharedObject.Read(bytes, leftMs, key ?? Key, bodyBytesMax, Hasher, buffer, out facts);
        parts = buffer.Written.ToArray();
        buffer.ReturnMemory();
        return verdict;
    }
}
