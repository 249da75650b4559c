using Edge.Hosting;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>Each limit of the door, at the limit and one past it.</summary>
public sealed class RequestLimitTests
{
    private const int HeadersMax = 1024;
    private const int BodyMax = 1000;
    private const string Limits = "requestHeadersMax: 1KiB, requestBodyMax: 1000B";

    [Theory]
    [InlineData(0, "200,200")]
    [InlineData(1, "414")]
    public async Task A_request_line_may_have_as_many_bytes_as_the_listener_says(int past, string statuses)
    {
        await using var door = await Door.OpenAsync(Limits);
        const string Around = "GET / HTTP/1.1\r\n";
        var line = $"GET /{new string('x', HeadersMax + past - Around.Length)} HTTP/1.1\r\n";
        var outcome = await door.AttackAsync(line + "Host: a\r\n\r\n");
        Assert.Equal((statuses, true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(past > 0 ? 0 : 1, door.Upstream.Connections);
    }

    [Theory]
    [InlineData(0, "200,200")]
    [InlineData(1, "431")]
    public async Task The_headers_may_have_as_many_bytes_as_the_listener_says(int past, string statuses)
    {
        await using var door = await Door.OpenAsync(Limits);
        const string Around = "Host: a\r\nX: \r\n";
        var headers = $"Host: a\r\nX: {new string('x', HeadersMax + past - Around.Length)}\r\n";
        var outcome = await door.AttackAsync($"GET / HTTP/1.1\r\n{headers}\r\n");
        Assert.Equal((statuses, true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(past > 0 ? 0 : 1, door.Upstream.Connections);
    }

    [Theory]
    [InlineData(0, "200,200")]
    [InlineData(1, "431")]
    public async Task There_may_be_as_many_headers_as_the_server_allows(int past, string statuses)
    {
        await using var door = await Door.OpenAsync();
        var count = HttpServer.RequestHeaderCountMax - 1 + past;
        var fields = string.Concat(Enumerable.Range(1, count).Select(static i => $"X-{i}: 1\r\n"));
        var outcome = await door.AttackAsync($"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        Assert.Equal((statuses, true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(past > 0 ? 0 : 1, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("", 0, "200,200")]
    [InlineData("", 1, "413")]
    [InlineData("requestBodyMax: 500B", -500, "200,200")]
    [InlineData("requestBodyMax: 500B", -499, "413")]
    [InlineData("requestBodyMax: 1500B", 500, "200,200")]
    [InlineData("requestBodyMax: 1500B", 501, "413")]
    [InlineData("requestBodyMax: 0B", -1000, "200,200")]
    [InlineData("requestBodyMax: 0B", -999, "413")]
    public async Task A_body_of_known_length_may_have_as_many_bytes_as_listener_and_route_say(
        string route, int past, string statuses)
    {
        await using var door = await Door.OpenAsync(Limits, route: route);
        var body = new string('x', BodyMax + past);
        var outcome = await door.AttackAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.Equal((statuses, true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(statuses == "413" ? 0 : 1, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("", 0, true, "200,200")]
    [InlineData("", 1, true, "413")]
    [InlineData("", 0, false, "200,200")]
    [InlineData("", 1, false, "413")]
    [InlineData("requestBodyMax: 500B", -500, true, "200,200")]
    [InlineData("requestBodyMax: 500B", -499, false, "413")]
    [InlineData("requestBodyMax: 1500B", 501, true, "413")]
    public async Task A_chunked_body_may_have_as_many_bytes_as_listener_and_route_say(
        string route, int past, bool atOnce, string statuses)
    {
        await using var door = await Door.OpenAsync(Limits, route: route);
        var length = BodyMax + past;
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        var start = $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{new string('a', 100)}\r\n";
        var rest = $"{length - 100:x}\r\n{new string('b', length - 100)}\r\n0\r\n\r\n";
        if (!atOnce)
        {
            await client.SendAsync(start);
            await door.Upstream.WaitForConnectionsAsync(1);
            start = "";
        }

        var outcome = await Door.AttackAsync(client, start + rest);
        Assert.Equal((statuses, true), (outcome.Statuses, outcome.SaidClose));
        var seen = await door.SeenAsync();
        Assert.Equal(
            statuses == "413" ? [] : [length, 0],
            seen.Where(static request => request.Body.IsComplete).Select(static request => request.Body.Bytes.Length));
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 413)]
    public async Task The_smallest_chunks_do_not_make_a_body_larger(int past, int status)
    {
        await using var door = await Door.OpenAsync(Limits);
        var chunks = string.Concat(Enumerable.Repeat("1\r\nx\r\n", BodyMax + past));
        var outcome = await door.AttackAsync(
            $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
        Assert.Equal(status, outcome.Responses[0].Status);
    }

    [Fact]
    public async Task A_caller_that_sends_far_too_much_still_reads_why()
    {
        await using var door = await Door.OpenAsync();
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        const int Length = 32 * 1024 * 1024;
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n");
        var sending = SendUntilRefusedAsync(client, Length);
        var response = await client.ReadResponseAsync("POST");
        Assert.Equal((413, "close"), (response.Status, response.Headers["Connection"]));
        await client.WaitForEndAsync();
        await sending;
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("openai", "\"type\":\"invalid_request_error\"")]
    [InlineData("anthropic", "\"type\":\"error\"")]
    [InlineData("http", "\"status\":413")]
    public async Task A_refusal_after_routing_speaks_the_dialect_of_the_route(string dialect, string piece)
    {
        await using var door = await Door.OpenAsync(Limits, upstream: $"dialect: {dialect}");
        var outcome = await door.AttackAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n");
        Assert.Equal(("413", true), (outcome.Statuses, outcome.SaidClose));
        Assert.Contains(piece, outcome.Responses[0].Text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static async Task SendUntilRefusedAsync(RawHttpClient client, int length)
    {
        var block = new byte[64 * 1024];
        try
        {
            for (var sent = 0; sent < length; sent += block.Length)
            {
                await client.SendAsync(block);
            }
        }
        catch (IOException)
        {
            // The gateway listens no longer.
        }
    }
}
