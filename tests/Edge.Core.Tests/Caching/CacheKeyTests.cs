using System.Text;
using CsCheck;
using Edge.Core.Bodies;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Identity;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Caching;

public sealed class CacheKeyTests
{
    private static readonly KeyHasher Hasher = new(3, 4);

    private static readonly string[] Alike = ["", "a", "a\0", "\0a", "consumers", "a\nb", "a,b", ",", "é", "e\u0301"];

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.String, Gen.Int[0, 9].Select(i => Alike[i]));

    [Theory]
    [InlineData("{\"a\":1,\"b\":2}", "{ \"b\" : 2 ,\t\"a\" : 1 }")]
    [InlineData("1", "1.0")]
    [InlineData("1", "1e0")]
    [InlineData("100", "1E+2")]
    [InlineData("0.5", "5e-1")]
    [InlineData("0", "-0")]
    [InlineData("\"\\u0061\\/\"", "\"a/\"")]
    [InlineData("\"\\ud83d\\ude00\"", "\"😀\"")]
    [InlineData("{\"\\u0061\":[1.50]}", "{\"a\":[1.5]}")]
    [InlineData("{\"x\":{\"b\":1,\"a\":[{\"d\":1,\"c\":2}]}}", "{\"x\":{\"a\":[{\"c\":2,\"d\":1}],\"b\":1}}")]
    public void Bodies_that_say_the_same_have_one_key(string one, string other) => Assert.Equal(BodyKey(one), BodyKey(other));

    [Theory]
    [InlineData("1", "\"1\"")]
    [InlineData("1", "10")]
    [InlineData("1", "-1")]
    [InlineData("0.1", "0.10000000000000001")]
    [InlineData("9007199254740992", "9007199254740993")]
    [InlineData("null", "false")]
    [InlineData("[]", "{}")]
    [InlineData("[1,2]", "[2,1]")]
    [InlineData("[[1],2]", "[1,[2]]")]
    [InlineData("[\"a\",\"b\"]", "[\"ab\"]")]
    [InlineData("[\"a,b\"]", "[\"a\",\"b\"]")]
    [InlineData("{\"a\":\"b\"}", "{\"b\":\"a\"}")]
    [InlineData("{\"a\":null}", "{}")]
    [InlineData("\"é\"", "\"e\\u0301\"")]
    [InlineData("\"A\"", "\"a\"")]
    public void Bodies_that_say_something_else_have_another(string one, string other) =>
        Assert.NotEqual(BodyKey(one), BodyKey(other));

    [Fact]
    public void A_body_with_a_repeated_member_has_no_key() => Assert.False(new JsonTape().Read("{\"a\":1,\"a\":2}"u8.ToArray()));

    [Fact]
    public void A_key_of_the_greatest_length_is_whole_and_a_longer_one_is_not()
    {
        var room = CacheKey.KeyBytesMax - Key(CacheScope.OfConsumer("s", "i"), [], "\"\"").Length;
        Assert.Equal(CacheKey.KeyBytesMax, Key(CacheScope.OfConsumer("s", "i"), [], $"\"{new string('x', room)}\"").Length);
        var key = new CacheKey();
        key.Begin(CacheScope.OfConsumer("s", "i"), Hasher);
        key.AddCount(0);
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes($"\"{new string('x', room + 1)}\"")));
        Assert.False(key.TryEnd(tape, Hasher));
        Assert.False(key.IsWhole);
    }

    [Fact]
    public void No_key_begins_without_a_scope() =>
        Assert.Throws<ArgumentException>(() => new CacheKey().Begin(default, Hasher));

    [Fact]
    public void Callers_without_what_the_scope_is_about_have_none()
    {
        Assert.False(CacheScope.TryOf(new(CacheScopeKind.Consumer, ""), null, out _));
        Assert.False(CacheScope.TryOf(new(CacheScopeKind.Consumer, ""), Caller.Anonymous("free"), out _));
        Assert.False(CacheScope.TryOf(new(CacheScopeKind.Tier, ""), Caller.Anonymous(null), out _));
        Assert.False(CacheScope.TryOf(new(CacheScopeKind.Claim, "org"), OfIssuer("corp", "ann", "team", "x"), out _));
        Assert.False(CacheScope.TryOf(new(CacheScopeKind.Claim, "org"), OfIssuer("corp", "ann", "org", ""), out _));
    }

    [Fact]
    public void Two_consumers_never_share_a_key() =>
        Gen.Select(Texts, Texts, Texts, Texts).Sample((source, id, otherSource, otherId) =>
            (source == otherSource && id == otherId)
            == Key(CacheScope.OfConsumer(source, id), [], "{}").AsSpan().SequenceEqual(
                Key(CacheScope.OfConsumer(otherSource, otherId), [], "{}")));

    [Fact]
    public void Two_kinds_of_scope_never_share_a_key() =>
        Gen.Select(Texts, Texts, Texts).Sample((source, id, claim) =>
        {
            var caller = OfIssuer(source, id, claim, id);
            var keys = new HashSet<string>();
            var count = 0;
            foreach (var kind in Enum.GetValues<CacheScopeKind>())
            {
                if (CacheScope.TryOf(new(kind, claim), caller, out var scope))
                {
                    keys.Add(Convert.ToHexString(Key(scope, [], "{}")));
                    count++;
                }
            }

            return keys.Count == count;
        });

    [Fact]
    public void Values_of_headers_do_not_run_into_each_other() =>
        Gen.Select(Texts.List[0, 3], Texts.List[0, 3]).Sample((one, other) =>
            one.SequenceEqual(other, StringComparer.Ordinal)
            == Key(CacheScope.OfConsumer("s", "i"), one, "{}").AsSpan().SequenceEqual(
                Key(CacheScope.OfConsumer("s", "i"), other, "{}")));

    [Fact]
    public void The_order_of_many_members_does_not_matter() =>
        Gen.Select(Gen.Int[0, 400], Gen.Int).Sample((count, seed) =>
        {
            var members = Enumerable.Range(0, count).Select(i => $"\"m{i * 7919}\":{i}").ToArray();
            var one = "{" + string.Join(",", members) + "}";
            new Random(seed).Shuffle(members);
            return BodyKey(one) == BodyKey("{" + string.Join(",", members) + "}");
        });

    private static Caller OfIssuer(string source, string id, string claim, string value) =>
        new(CallerKind.IssuerToken, source, id, [new(claim, value)]) { Tier = id };

    private static string BodyKey(string body) => Convert.ToHexString(Key(CacheScope.OfConsumer("s", "i"), [], body));

    private static byte[] Key(CacheScope scope, List<string> headers, string body)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(body)), tape.Fault.ToString());
        var key = new CacheKey();
        key.Begin(scope, Hasher);
        key.AddCount(headers.Count);
        foreach (var header in headers)
        {
            key.Add(header);
        }

        Assert.True(key.TryEnd(tape, Hasher));
        return key.Bytes.ToArray();
    }
}
