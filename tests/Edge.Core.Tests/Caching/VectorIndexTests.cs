using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Caching;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Caching;

public sealed class VectorIndexTests
{
    private static readonly KeyHasher Hasher = new(3, 4);
    private static readonly KeyHash Here = new(1, 2);
    private const string Body =
        "{\"temperature\":0.5,\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},"
        + "{\"role\":\"user\",\"content\":\"what is a cat\"}],\"model\":\"m\"}";

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(37)]
    public void Both_sides_of_the_threshold(int dimensions)
    {
        var index = new VectorIndex(4);
        var kept = new float[dimensions];
        kept[0] = 1;
        Assert.True(index.Add(Here, kept, new KeyHash(7, 7)));
        var asked = new float[dimensions];
        asked[0] = 0.95f;
        asked[^1] = MathF.Sqrt(1 - (0.95f * 0.95f));
        Assert.True(index.TryFind(Here, asked, 0.9499f, out var match));
        Assert.Equal(new KeyHash(7, 7), match.Key);
        Assert.Equal(0.95, match.Similarity, 4);
        Assert.False(index.TryFind(Here, asked, 0.9501f, out _));
        Assert.False(index.TryFind(new KeyHash(1, 3), asked, 0, out _));
        Assert.False(index.TryFind(new KeyHash(2, 2), asked, 0, out _));
        Assert.False(index.TryFind(Here, asked.AsSpan(1), 0, out _));
        Assert.False(index.Add(Here, new float[dimensions + 1], default));
    }

    [Fact]
    public void The_oldest_leaves_and_what_is_removed_is_not_found()
    {
        var index = new VectorIndex(3);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(index.Add(Here, Axis(i), new KeyHash((ulong)i, 0)));
            Assert.Equal(Math.Min(3, i + 1), index.Count);
        }

        Assert.False(index.TryFind(Here, Axis(1), 0.9f, out _));
        Assert.True(index.TryFind(Here, Axis(2), 0.9f, out var match));
        index.Remove(match with { Key = new KeyHash(9, 9) });
        Assert.True(index.TryFind(Here, Axis(2), 0.9f, out _));
        index.Remove(match);
        index.Remove(match);
        Assert.False(index.TryFind(Here, Axis(2), 0.9f, out _));
        Assert.Equal(2, index.Count);
        Assert.True(index.TryFind(Here, Axis(4), 0.9f, out match));
        Assert.Equal(4UL, match.Key.High);
    }

    [Fact]
    public void Only_vectors_with_a_direction_are_normalized()
    {
        float[] some = [3, 4];
        Assert.True(VectorIndex.TryNormalize(some));
        Assert.Equal([0.6f, 0.8f], some);
        Assert.False(VectorIndex.TryNormalize([0, 0]));
        Assert.False(VectorIndex.TryNormalize([1, float.NaN]));
        Assert.False(VectorIndex.TryNormalize([1, float.PositiveInfinity]));
        Assert.False(VectorIndex.TryNormalize([]));
    }

    [Fact]
    public async Task What_is_found_while_others_write_is_of_the_partition_and_near()
    {
        var index = new VectorIndex(16);
        index.Add(Here, Axis(0), default);
        var done = 0;
        var writers = Enumerable.Range(0, 2).Select(n => Task.Run(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                var axis = (i + n) & 7;
                index.Add(new KeyHash((ulong)(i & 1), 2), Axis(axis), new KeyHash((ulong)axis, (ulong)(i & 1)));
            }

            Interlocked.Increment(ref done);
        })).ToArray();
        while (Volatile.Read(ref done) < 2)
        {
            for (var axis = 0; axis < 8; axis++)
            {
                if (index.TryFind(Here, Axis(axis), 0.99f, out var match) && match.Key != default)
                {
                    Assert.Equal(new KeyHash((ulong)axis, 1), match.Key);
                }
            }
        }

        await Task.WhenAll(writers);
        Assert.Equal(16, index.Count);
    }

    [Theory]
    [InlineData("what is a cat", "what's a cat?", true)]
    [InlineData("what is a cat", "what is a cat too \\u00e9", true)]
    [InlineData("be brief", "be long", false)]
    [InlineData("\"m\"", "\"n\"", false)]
    [InlineData("0.5", "0.6", false)]
    [InlineData("\"role\":\"system\"", "\"role\":\"user\"", false)]
    [InlineData("what is a cat", "what are 2 cats", false)]
    [InlineData("\"model\"", "\"user\":\"x\",\"model\"", false)]
    [InlineData("{\"temperature\":0.5,", "{\"zzz\":{\"b\":1,\"a\":2},\"temperature\":0.5,", false)]
    public void Only_questions_may_differ(string part, string other, bool isNear)
    {
        var (key, partition) = Key(CacheScope.OfConsumer("s", "ann"), Body);
        var (second, partition2) = Key(CacheScope.OfConsumer("s", "ann"), Body.Replace(part, other, StringComparison.Ordinal));
        Assert.Equal(isNear, partition == partition2);
        var hasDigit = other.Contains("2 cats", StringComparison.Ordinal);
        Assert.Equal(isNear || hasDigit, key.DiffersInQuestionOnly(second.Bytes));
        Assert.Equal(isNear || hasDigit, second.DiffersInQuestionOnly(key.Bytes));
    }

    [Theory]
    [InlineData("s", "bob")]
    [InlineData("t", "ann")]
    [InlineData("", "sann")]
    public void No_question_is_near_one_of_another_scope(string source, string id)
    {
        var (key, partition) = Key(CacheScope.OfConsumer("s", "ann"), Body);
        var (other, partition2) = Key(CacheScope.OfConsumer(source, id), Body);
        Assert.NotEqual(partition, partition2);
        Assert.False(key.DiffersInQuestionOnly(other.Bytes));
        Assert.False(key.DiffersInQuestionOnly([]));
        Assert.False(key.DiffersInQuestionOnly(key.Bytes[1..]));
        Assert.False(key.DiffersInQuestionOnly([.. key.Bytes, 0]));
    }

    [Theory]
    [InlineData("what is 1 23", "what is 12 3")]
    [InlineData("1 2", "12")]
    [InlineData("12", "21")]
    [InlineData("1", "one")]
    public void Numbers_in_questions_must_agree(string one, string other) => Assert.NotEqual(
        Key(CacheScope.OfConsumer("s", "a"), Body.Replace("what is a cat", one, StringComparison.Ordinal)).Partition,
        Key(CacheScope.OfConsumer("s", "a"), Body.Replace("what is a cat", other, StringComparison.Ordinal)).Partition);

    [Theory]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", "q")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"}]}]}", "q")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}", null)]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[]}", null)]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}]}", null)]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]}", null)]
    [InlineData("{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"},{\"role\":\"user\",\"content\":\"q\"}]}", null)]
    [InlineData("{\"messages\":[{\"role\":\"user\"}]}", null)]
    [InlineData("{\"messages\":[1,[],\"x\"]}", null)]
    [InlineData("{\"messages\":{}}", null)]
    [InlineData("{\"messages\":[]}", null)]
    [InlineData("[]", null)]
    public void The_question_is_the_last_text_of_a_user(string body, string? question)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(body)));
        var token = CacheKey.FindQuestion(tape, LlmApi.ChatCompletions);
        Assert.Equal(question, token < 0 ? null : tape.StringAt(token));
        Assert.Equal(-1, CacheKey.FindQuestion(tape, LlmApi.Embeddings));
    }

    private static float[] Axis(int at)
    {
        var vector = new float[20];
        vector[at] = 1;
        return vector;
    }

    private static (CacheKey Key, KeyHash Partition) Key(CacheScope scope, string body)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(body)));
        var key = new CacheKey();
        key.Begin(scope, Hasher);
        key.Add("route");
        key.MarkQuestion(CacheKey.FindQuestion(tape, LlmApi.ChatCompletions));
        Assert.True(key.TryEnd(tape, Hasher));
        return (key, key.Partition(Hasher));
    }
}
