using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Llm;

public sealed class StreamEndingTests
{
    public static TheoryData<string, bool> Streams => new()
    {
        { "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", true },
        { "data: {\"choices\":[]}\r\n\r\ndata:[DONE]", true },
        { "data: {\"choices\":[]}\r\rdata: [DONE]\r\r", true },
        { "data: {\"error\":{\"message\":\"overloaded\"}}\n\n", true },
        { "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", true },
        { "data: {\"type\":\"message_stop\"}\n\n", true },
        { "event: error\ndata: {\"type\":\"error\"}\n\n", true },
        { "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{}}\n\n", true },
        { "event: response.incomplete\ndata: {}\n\n", true },
        { "event: response.failed\ndata: {}\n\n", true },
        { "", false },
        { "data: {\"choices\":[]}\n\n", false },
        { "data: {\"text\":\"data: [DONE]\"}\n\n", false },
        { ": [DONE]\n\n", false },
        { "event: message_delta\ndata: {\"type\":\"message_delta\"}\n\n", false },
        { "event: message_stopped\n", false },
        { "data: [DON", false },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void The_last_event_is_seen_however_the_stream_is_cut(string text, bool ended)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var step = 1; step <= Math.Max(bytes.Length, 1); step++)
        {
            var ending = new StreamEnding();
            foreach (var part in bytes.Chunk(step))
            {
                ending.Take(part);
            }

            Assert.Equal(ended, ending.HasCome);
        }
    }

    [Fact]
    public void Of_a_long_line_only_the_beginning_counts()
    {
        var ending = new StreamEnding();
        ending.Take(Encoding.ASCII.GetBytes(new string('x', StreamEnding.LineBytesMax)));
        ending.Take("data: [DONE]\n"u8);
        Assert.False(ending.HasCome);
        ending.Take("data: [DONE]\n"u8);
        Assert.True(ending.HasCome);
        ending.Take("data: after it\n"u8);
        Assert.True(ending.HasCome);
    }

    [Theory]
    [InlineData(Dialect.OpenAI, "/v1/chat/completions", true)]
    [InlineData(Dialect.OpenAI, "/v1/completions", true)]
    [InlineData(Dialect.OpenAI, "/v1/responses", true)]
    [InlineData(Dialect.OpenAI, "/v1/audio/speech", false)]
    [InlineData(Dialect.OpenAI, "/v1/messages", false)]
    [InlineData(Dialect.Anthropic, "/v1/messages", true)]
    [InlineData(Dialect.Anthropic, "/v1/chat/completions", false)]
    [InlineData(Dialect.Http, "/v1/chat/completions", false)]
    public void Only_answers_that_always_have_a_last_event_are_held_to_it(Dialect dialect, string path, bool known) =>
        Assert.Equal(known, StreamEnding.IsKnownFor(dialect, path));
}
