using System.Text;
using Edge.Core.Bodies;

namespace Edge.Core.Tests.Bodies;

public sealed class BodyFactsTests
{
    private static (BodyFacts Facts, JsonTape Body) Of(string body, LlmApi api = LlmApi.ChatCompletions)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(body)), $"{tape.Fault}");
        return (BodyFacts.Of(tape, api), tape);
    }

    [Theory]
    [InlineData("""{"messages":[]}""", 500)]
    [InlineData("""{"messages":[{"content":""}],"max_tokens":1}""", 1)]
    [InlineData("""{"messages":[{"content":"a"}],"max_tokens":0}""", 1)]
    [InlineData("""{"messages":[{"content":"abcd"}],"max_tokens":10}""", 11)]
    [InlineData("""{"messages":[{"content":"abcde"},{"content":"a"}],"max_tokens":10}""", 13)]
    [InlineData("""{"messages":[{"content":"abcde"},{"content":"a"}]}""", 503)]
    [InlineData("""{"messages":[{"content":"éééé\ud83d\ude00"}],"max_tokens":100}""", 102)]
    [InlineData(
        """
            {"messages":[{"content":[{"type":"text","text":"abc"},{"type":"image_url","image_url":{"url":"xxxxxxxx"}},
            {"type":"text","text":"de"}]}],"max_tokens":0}
            """, 2)]
    [InlineData("""{"messages":[{"content":null},{"role":"x"},1,"abc"],"max_tokens":7}""", 7)]
    [InlineData("""{"messages":[],"max_tokens":"7"}""", 500)]
    [InlineData("""{"messages":[],"max_tokens":-7}""", 500)]
    [InlineData("""{"messages":[],"max_tokens":1.5}""", 500)]
    [InlineData("""{"messages":[],"max_tokens":2e2}""", 200)]
    [InlineData("""{"messages":[],"max_tokens":5,"max_completion_tokens":9}""", 9)]
    [InlineData("""{"messages":[],"max_completion_tokens":9,"max_tokens":5}""", 9)]
    [InlineData("""{"messages":[],"max_tokens":1e300}""", int.MaxValue)]
    [InlineData("""{"m\u0061x_tokens":3,"mess\u0061ges":[{"cont\u0065nt":"abcde"}]}""", 5)]
    [InlineData("""[]""", 500)]
    [InlineData("""{}""", 500)]
    public void Tokens_are_a_quarter_of_the_characters_and_what_the_answer_may_have(string body, long tokens) =>
        Assert.Equal(tokens, Of(body).Facts.EstimatedTokens);

    [Theory]
    [InlineData("""{"input":"abcde"}""", LlmApi.Embeddings, 2)]
    [InlineData("""{"input":["abcde","a"]}""", LlmApi.Embeddings, 3)]
    [InlineData("""{"input":[1,2,3]}""", LlmApi.Embeddings, 3)]
    [InlineData("""{"input":[[1,2,3],[4]]}""", LlmApi.Embeddings, 4)]
    [InlineData("""{"input":"abcde","max_output_tokens":10}""", LlmApi.Responses, 12)]
    [InlineData(
        """
            {"instructions":"abcd","input":[{"role":"user","content":[{"type":"input_text","text":"abcde"}]}],
            "max_output_tokens":10}
            """, LlmApi.Responses, 13)]
    [InlineData("""{"system":"abcd","messages":[{"content":"abcde"}],"max_tokens":10}""", LlmApi.Messages, 13)]
    [InlineData("""{"system":[{"type":"text","text":"abcde"}],"messages":[],"max_tokens":10}""", LlmApi.Messages, 12)]
    public void Each_API_is_understood(string body, LlmApi api, long tokens) => Assert.Equal(tokens, Of(body,
        api).Facts.EstimatedTokens);

    [Fact]
    public void Members_are_found_with_their_places()
    {
        var (facts, body) = Of(
            """
                {"model":"gpt-4o","user":"u","temperature":0.50,"stream":true,"stream_options":{},"max_tokens":5,
                "messages":[{},{}]}
                """);
        Assert.Equal("gpt-4o", body.StringAt(facts.Model));
        Assert.Equal("u", body.StringAt(facts.User));
        Assert.Equal("0.50", Encoding.UTF8.GetString(body.Tokens[facts.Temperature].Raw(body.Text)));
        Assert.Equal("5", Encoding.UTF8.GetString(body.Tokens[facts.MaxTokens].Raw(body.Text)));
        Assert.Equal("{}", Encoding.UTF8.GetString(body.Tokens[facts.StreamOptions].Raw(body.Text)));
        Assert.Equal(2, facts.TurnCount);
        Assert.True(facts.IsStreaming);
    }

    [Fact]
    public void Members_of_another_type_count_as_absent()
    {
        var facts = Of("""{"model":1,"user":null,"temperature":"1","stream":"true","messages":"hello"}""").Facts;
        Assert.Equal((-1, -1, -1, false, 1), (facts.Model, facts.User, facts.Temperature, facts.IsStreaming, facts.TurnCount));
    }
}
