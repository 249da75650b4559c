using System.Text;
using System.Text.Json.Nodes;
using Edge.Tests.Support;

namespace Edge.Tests.Attempts;

/// <summary>Fallbacks to an upstream that speaks another dialect than the caller.</summary>
public sealed class TranslatedFallbackTests
{
    private const string Chat = """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""";
    private const string Messages = """{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""";
    private const string MessagesPath = "/v1/messages";

    private const string Message =
        """{"id":"msg_1","model":"haiku","content":[{"type":"text","text":"Hi"}],"usage":{"input_tokens":5,"output_tokens":7}}""";

    private const string Events =
        """data: {"type":"message_start","message":{"id":"msg_1","model":"haiku","usage":{"input_tokens":5,"output_tokens":1}}}"""
        + "\n\n" + """data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}""" + "\n\n"
        + """data: {"type":"message_stop"}""" + "\n\n";

    private static readonly string Busy = Answer(503, """{"error":{"message":"Busy","type":"server_error","code":"busy"}}""");
    private static readonly string Full = Answer(529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"messag"
        + "e\":\"Full\"}}");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Claude_answers_where_OpenAI_fails_and_the_caller_does_not_notice(bool isStream)
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(Busy));
        await using var claude = ScriptedUpstream.Start(
            AttemptDoor.Answers(isStream ? Answer(200, Events, "text/event-stream") : Answer(200, Message)));
        await using var door = await OpenAsync(it, claude, "{ upstream: claude, model: haiku }", ", metering: {}");
        var answer = await door.PostAsync(isStream ? Chat[..^1] + ",\"stream\":true}" : Chat, headers: "Authorization: Beare"
            + "r own\r\n");
        Assert.Equal((200, "claude", "2"),
            (answer.Status, answer.Headers["X-Edge-Upstream"], answer.Headers["X-Edge-Attempts"]));
        Assert.Contains(isStream ? "data: [DONE]" : "\"object\":\"chat.completion\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal("Bearer sk-it", Assert.Single(it.Requests).Headers["Authorization"]);
        var asked = Assert.Single(claude.Requests);
        Assert.Equal((MessagesPath, "sk-claude", null),
            (asked.Target, asked.Headers["x-api-key"], asked.Headers["Authorization"]));
        Assert.Equal("haiku", (string)JsonNode.Parse(asked.Text)!["model"]!);
        var line = Assert.Single(await door.UsageAsync());
        Assert.Equal(("haiku", 5, 7, true), (
            (string)line["model"]!, (int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
    }

    [Fact]
    public async Task Where_all_fail_the_last_error_is_told_in_the_callers_words()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(Busy));
        await using var claude = ScriptedUpstream.Start(AttemptDoor.Answers(Full));
        await using var door = await OpenAsync(it, claude, "{ upstream: claude }");
        var answer = await door.PostAsync(Chat);
        Assert.Equal(529, answer.Status);
        Assert.Equal("Full", (string)JsonNode.Parse(answer.Text)!["error"]!["message"]!);
        Assert.Null(JsonNode.Parse(answer.Text)!["type"]);
    }

    [Fact]
    public async Task What_cannot_be_translated_passes_the_fallback_by()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(Busy));
        await using var claude = ScriptedUpstream.Start(AttemptDoor.Answers(Answer(200, Message)));
        await using var door = await OpenAsync(it, claude, "{ upstream: claude }");
        foreach (var (body, path) in new[] { (Chat[..^1] + ",\"seed\":1}", "/v1/chat/completions"), (Chat, "/v1/embeddings") })
        {
            var answer = await door.PostAsync(body, path);
            Assert.Equal(503, answer.Status);
            Assert.Equal("Busy", (string)JsonNode.Parse(answer.Text)!["error"]!["message"]!);
        }

        Assert.Empty(claude.Requests);
    }

    [Fact]
    public async Task What_a_route_drops_reaches_the_fallback_without_it()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(Busy));
        await using var claude = ScriptedUpstream.Start(AttemptDoor.Answers(Answer(200, Message)));
        await using var door = await OpenAsync(it, claude, "{ upstream: claude }", ", translate: { unsupported: drop }");
        var answer = await door.PostAsync(Chat[..^1] + ",\"seed\":1}");
        Assert.Equal((200, "seed"), (answer.Status, answer.Headers["X-Edge-Dropped"]));
    }

    [Fact]
    public async Task A_caller_whose_request_was_translated_falls_back_to_an_upstream_of_its_own_dialect()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(Busy));
        await using var claude = ScriptedUpstream.Start(AttemptDoor.Answers(Answer(200, Message)));
        await using var door = await OpenAsync(it, claude, "{ upstream: claude }");
        var answer = await door.PostAsync(Messages, MessagesPath);
        Assert.Equal("/v1/chat/completions", Assert.Single(it.Requests).Target);
        Assert.Equal(Messages, Assert.Single(claude.Requests).Text);
        Assert.Equal((200, Message), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task The_answer_of_the_first_is_translated_also_when_it_is_given_late()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(Busy));
        await using var claude = ScriptedUpstream.Start(AttemptDoor.Answers(Full));
        claude.StopListening();
        await using var door = await OpenAsync(it, claude, "{ upstream: claude }");
        var answer = await door.PostAsync(Messages, MessagesPath);
        Assert.Equal(503, answer.Status);
        Assert.StartsWith(
            """{"type":"error","error":{"type":"overloaded_error","message":"Busy"}""", answer.Text, StringComparison.Ordinal);
    }

    private static Task<AttemptDoor> OpenAsync(
        ScriptedUpstream it, ScriptedUpstream claude, string fallback, string route = "") => AttemptDoor.OpenAsync(
        $$"""
          it: { dialect: openai, targets: [{{it.Url}}], credential: sk-it }
          claude: { dialect: anthropic, targets: [{{claude.Url}}], credential: sk-claude }
        """,
        $", fallback: [{fallback}]{route}");

    private static string Answer(int status, string body, string type = "application/json") =>
        $"HTTP/1.1 {status} X\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
}
