using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Caching;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Llm;

public sealed class EmbeddingAnswerTests
{
    [Theory]
    [InlineData("""{"data":[{"embedding":[0.5,-1e-3,2],"index":0}],"usage":{"prompt_tokens":7}}""", 7)]
    [InlineData("""{"usage":{"prompt_tokens":2147483647},"data":[{"embedding":[0.5,-0.001,2.0]}]}""", int.MaxValue)]
    [InlineData("""{"data":[{"embedding":[0.5,-1e-3,2]}]}""", 0)]
    [InlineData("""{"data":[{"embedding":[0.5,-1e-3,2]}],"usage":null}""", 0)]
    [InlineData("""{"data":[{"embedding":[0.5,-1e-3,2]}],"usage":{"prompt_tokens":-7}}""", 0)]
    [InlineData("""{"data":[{"embedding":[0.5,-1e-3,2]}],"usage":{"prompt_tokens":1e9}}""", 0)]
    [InlineData("""{"data":[{"embedding":[0.5,-1e-3,2]}],"usage":{"prompt_tokens":2147483648}}""", 0)]
    public void A_vector_is_read(string answer, long tokens)
    {
        Assert.True(TryRead(answer, out var vector, out var counted));
        Assert.Equal([0.5f, -0.001f, 2], vector);
        Assert.Equal(tokens, counted);
    }

    [Theory]
    [InlineData("""{"data":[{"embedding":[1,2]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,3,4]}]}""")]
    [InlineData("""{"data":[{"embedding":[]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,null]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,"3"]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,[3]]}]}""")]
    [InlineData("""{"data":[{"embedding":[[1,2],3,4]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,1e39]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,-1e39]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,1e999]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,NaN]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,Infinity]}]}""")]
    [InlineData("""{"data":[{"embedding":"AACAPwAAAEAAAEBA"}]}""")]
    [InlineData("""{"data":[{"embedding":{"0":1,"1":2,"2":3}}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,3]},{"embedding":[1,2,3]}]}""")]
    [InlineData("""{"data":[{"embedding":[1,2,3],"embedding":[3,2,1]}]}""")]
    [InlineData("""{"data":[],"data":[{"embedding":[1,2,3]}]}""")]
    [InlineData("""{"data":[[1,2,3]]}""")]
    [InlineData("""{"data":[1]}""")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"error":{"message":"no"}}""")]
    [InlineData("[1,2,3]")]
    [InlineData("3")]
    [InlineData("")]
    [InlineData("<html>")]
    public void What_is_not_one_vector_of_that_length_is_refused(string answer) =>
        Assert.False(TryRead(answer, out _, out _));

    [Fact]
    public void Vectors_of_the_largest_and_the_smallest_numbers_have_a_direction_too()
    {
        foreach (var number in new[] { "3.4e38", "1e-44" })
        {
            Assert.True(TryRead($$"""{"data":[{"embedding":[{{number}},{{number}},0]}]}""", out var vector, out _));
            Assert.True(VectorIndex.TryNormalize(vector));
            Assert.Equal(Math.Sqrt(0.5), vector[1], 4);
        }

        Assert.True(TryRead("""{"data":[{"embedding":[0,-0,1e-60]}]}""", out var zero, out _));
        Assert.False(VectorIndex.TryNormalize(zero));
    }

    [Fact]
    public void The_longest_vector_fits_in_the_longest_answer()
    {
        var numbers = string.Join(",\n      ", Enumerable.Repeat("-0.012345678901234567890123", VectorIndex.DimensionsMax));
        var answer = $$"""{ "data": [ { "embedding": [ {{numbers}} ] } ] }""";
        Assert.True(Encoding.UTF8.GetByteCount(answer) <= EmbeddingAnswer.BytesMax);
        Assert.True(TryRead(answer, out var vector, out _, VectorIndex.DimensionsMax));
        Assert.Equal(-0.0123456789f, vector[^1]);
    }

    private static bool TryRead(string answer, out float[] vector, out long tokens, int dimensions = 3)
    {
        vector = new float[dimensions];
        tokens = 0;
        var tape = new JsonTape();
        return tape.Read(Encoding.UTF8.GetBytes(answer)) && EmbeddingAnswer.TryRead(tape, vector, out tokens);
    }
}
