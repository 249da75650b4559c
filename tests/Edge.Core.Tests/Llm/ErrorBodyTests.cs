using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Llm;

public sealed class ErrorBodyTests
{
    private const string Hostile = "a \"quoted\" \\ line\r\n\ndata: [DONE]\u2028</script>\0 caf\u00E9 \U0001F600 ";

    public static TheoryData<Dialect> Dialects => new(Enum.GetValues<Dialect>());

    [Fact]
    public void OpenAI_gets_all_four_members() => Assert.Equal(
        """{"error":{"message":"Too much.","type":"invalid_request_error","param":null,"code":"body_too_large"}}""",
        Body(Dialect.OpenAI, 413, "body_too_large", "Too much.", "r1"));

    [Fact]
    public void Anthropic_gets_its_envelope_and_the_request_id() => Assert.Equal(
        """{"type":"error","error":{"type":"timeout_error","message":"Too late."},"request_id":"r1"}""",
        Body(Dialect.Anthropic, 504, "upstream_total_timeout", "Too late.", "r1"));

    [Fact]
    public void Anthropic_gets_a_null_where_there_is_no_request_id() => Assert.Equal(
        """{"type":"error","error":{"type":"api_error","message":"No."},"request_id":null}""",
        Body(Dialect.Anthropic, 502, "upstream_closed", "No.", null));

    [Fact]
    public void Http_gets_problem_details() => Assert.Equal(
        """{"type":"urn:edge:problem:route_not_found","title":"Route not found","status":404,"detail":"No.","requestId":"r1"}""",
        Body(Dialect.Http, 404, "route_not_found", "No.", "r1"));

    [Fact]
    public void Http_leaves_the_request_id_out_where_there_is_none() => Assert.Equal(
        """{"type":"urn:edge:problem:x","title":"X","status":500,"detail":"No."}""",
        Body(Dialect.Http, 500, "x", "No.", null));

    [Fact]
    public void The_media_type_is_the_dialects()
    {
        Assert.Equal("application/problem+json", ErrorBody.ContentType(Dialect.Http));
        Assert.Equal("application/json", ErrorBody.ContentType(Dialect.OpenAI));
        Assert.Equal("application/json", ErrorBody.ContentType(Dialect.Anthropic));
    }

    [Theory]
    [InlineData(400, "x", "invalid_request_error")]
    [InlineData(401, "x", "authentication_error")]
    [InlineData(403, "x", "permission_error")]
    [InlineData(404, "x", "invalid_request_error")]
    [InlineData(413, "x", "invalid_request_error")]
    [InlineData(429, "rate_limit_exceeded", "requests")]
    [InlineData(429, "token_limit_exceeded", "tokens")]
    [InlineData(429, "insufficient_quota", "insufficient_quota")]
    [InlineData(500, "x", "server_error")]
    [InlineData(502, "x", "server_error")]
    [InlineData(503, "x", "server_error")]
    public void OpenAIs_type_follows_from_the_status(int status, string code, string type)
    {
        using var json = JsonDocument.Parse(Body(Dialect.OpenAI, status, code, "m", null));
        Assert.Equal(type, json.RootElement.GetProperty("error").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData(400, "invalid_request_error")]
    [InlineData(401, "authentication_error")]
    [InlineData(402, "billing_error")]
    [InlineData(403, "permission_error")]
    [InlineData(404, "not_found_error")]
    [InlineData(405, "invalid_request_error")]
    [InlineData(408, "invalid_request_error")]
    [InlineData(413, "request_too_large")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(500, "api_error")]
    [InlineData(502, "api_error")]
    [InlineData(503, "overloaded_error")]
    [InlineData(504, "timeout_error")]
    [InlineData(529, "overloaded_error")]
    public void Anthropics_type_follows_from_the_status(int status, string type)
    {
        using var json = JsonDocument.Parse(Body(Dialect.Anthropic, status, "x", "m", null));
        Assert.Equal(type, json.RootElement.GetProperty("error").GetProperty("type").GetString());
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Every_failure_has_a_body_with_its_message(Dialect dialect)
    {
        foreach (var failure in Enum.GetValues<Failure>())
        {
            var body = Body(dialect, Failures.StatusCode(failure), Failures.Code(failure), Failures.Message(failure), "r1");
            Assert.Equal(Failures.Message(failure), MessageIn(dialect, body));
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Hostile_text_stays_inside_its_string(Dialect dialect)
    {
        var body = Body(dialect, 500, Hostile, Hostile, Hostile);
        Assert.All(body, static c => Assert.True(c is >= ' ' and <= '~'));
        Assert.Equal(Hostile, MessageIn(dialect, body));
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Any_text_at_all_gives_valid_JSON(Dialect dialect) => Gen.String.Sample(text =>
    {
        using var json = JsonDocument.Parse(Body(dialect, 502, text, text, text));
        Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
    });

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Half_a_surrogate_pair_is_replaced(Dialect dialect) =>
        Assert.Equal("a\uFFFDb", MessageIn(dialect, Body(dialect, 500, "x", "a\uD800b", null)));

    [Fact]
    public void A_broken_stream_ends_in_an_unnamed_event_for_OpenAI() => Assert.Equal(
        "data: {\"error\":{\"message\":\"It broke.\",\"type\":\"server_error\",\"param\":null,"
            + "\"code\":\"upstream_closed\"}}\n\n",
        Event(Dialect.OpenAI, "upstream_closed", "It broke.", "r1"));

    [Fact]
    public void A_broken_stream_ends_in_an_error_event_for_Anthropic() => Assert.Equal(
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"It broke.\"},"
            + "\"request_id\":\"r1\"}\n\n",
        Event(Dialect.Anthropic, "upstream_closed", "It broke.", "r1"));

    [Fact]
    public void A_stream_that_took_too_long_is_a_timeout_for_Anthropic() =>
        Assert.Contains("\"timeout_error\"", Event(Dialect.Anthropic, "upstream_idle_timeout", "Late.", null));

    [Theory]
    [InlineData(Dialect.OpenAI, "budget_exceeded", "\"type\":\"insufficient_quota\"")]
    [InlineData(Dialect.OpenAI, "token_limit_exceeded", "\"type\":\"tokens\"")]
    [InlineData(Dialect.Anthropic, "budget_exceeded", "\"type\":\"rate_limit_error\"")]
    public void A_stream_that_used_up_a_limit_is_told_which_kind(Dialect dialect, string code, string type) =>
        Assert.Contains(type, Event(dialect, code, "Used up.", null, status: 429), StringComparison.Ordinal);

    [Fact]
    public void A_broken_stream_ends_in_a_problem_without_status_for_http() => Assert.Equal(
        "event: error\ndata: {\"type\":\"urn:edge:problem:upstream_closed\",\"title\":\"Upstream closed\","
            + "\"detail\":\"It broke.\",\"requestId\":\"r1\"}\n\n",
        Event(Dialect.Http, "upstream_closed", "It broke.", "r1"));

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Hostile_text_cannot_end_an_event(Dialect dialect)
    {
        var lines = Event(dialect, Hostile, Hostile, Hostile).Split('\n');
        Assert.Equal(dialect == Dialect.OpenAI ? 3 : 4, lines.Length);
        Assert.Equal(["", ""], lines[^2..]);
        Assert.Equal(Hostile, MessageIn(dialect, lines[^3]["data: ".Length..]));
    }

    private static string Body(Dialect dialect, int status, string code, string message, string? requestId)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ErrorBody.Write(buffer, dialect, status, code, message, requestId);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Event(Dialect dialect, string code, string message, string? requestId, int status = 502)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ErrorBody.WriteStreamEvent(buffer, dialect, status, code, message, requestId);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string? MessageIn(Dialect dialect, string body)
    {
        using var json = JsonDocument.Parse(body);
        return dialect == Dialect.Http
            ? json.RootElement.GetProperty("detail").GetString()
            : json.RootElement.GetProperty("error").GetProperty("message").GetString();
    }
}
