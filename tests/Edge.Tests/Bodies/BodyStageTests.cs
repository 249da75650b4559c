using System.Text.Json.Nodes;
using Edge.Tests.Identity;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>Bodies that are validated and rewritten on their way, over real sockets.</summary>
public sealed class BodyStageTests
{
    private const string Chat = ", validate: { schema: openai-chat }";
    private const string Ann = "X-Api-Key: " + Consumers.AnnKey + "\r\n";
    private const string Bob = "X-Api-Key: " + Consumers.BobKey + "\r\n";
    private const string Valid = "{ \"messages\" : [{\"role\":\"user\",\"content\":\"hi\"}],\"temperature\":0.70 }";

    [Fact]
    public async Task A_body_that_needs_no_change_arrives_byte_for_byte()
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        var answer = await door.PostAsync(Valid);
        Assert.Equal(200, answer.Status);
        Assert.Equal(Valid, door.Seen);
        Assert.Equal($"{Valid.Length}", door.Upstream.Requests[0].Headers["Content-Length"]);
    }

    [Fact]
    public async Task A_body_in_chunks_is_sent_with_its_length()
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        await using var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
        await caller.SendAsync(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n");
        foreach (var c in Valid)
        {
            await caller.SendAsync($"1\r\n{c}\r\n");
        }

        await caller.SendAsync("0\r\n\r\n");
        Assert.Equal(200, (await caller.ReadResponseAsync("POST")).Status);
        Assert.Equal(Valid, door.Seen);
        Assert.Equal($"{Valid.Length}", door.Upstream.Requests[0].Headers["Content-Length"]);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_in_the_shape_of_the_dialect()
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        var answer = await door.PostAsync(
            "{\"messages\":[{\"role\":\"bot\",\"content\":\"\"}],\"temperature\":3,\"max_tokens\":0,\"stream\":\"yes\"}");
        Assert.Equal(400, answer.Status);
        var error = JsonNode.Parse(answer.Text)!["error"]!;
        Assert.Equal("invalid_request_error", (string)error["type"]!);
        Assert.Equal("validation_failed", (string)error["code"]!);
        var errors = error["errors"]!.AsArray();
        Assert.Equal((string)errors[0]!["pointer"]!, "#" + (string)error["param"]!);
        Assert.Equal(
            ["#/max_tokens", "#/messages/0/content", "#/messages/0/role", "#/stream", "#/temperature"],
            errors.Select(e => (string)e!["pointer"]!).Order(StringComparer.Ordinal));
        Assert.Empty(door.Upstream.Requests);
    }

    [Fact]
    public async Task On_a_plain_route_the_errors_are_a_problem_document()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var schema = Path.Combine(folder, "order.json");
        await File.WriteAllTextAsync(
            schema, """{"type":"object","required":["id"],"properties":{"n":{"type":"integer"}}}""",
            TestContext.Current.CancellationToken);
        await using var door = await BodyDoor.OpenAsync(
            http: $", validate: {{ schema: {schema}, query: [page], headers: [X-Tenant] }}");
        var answer = await door.PostAsync("{\"n\":1.5}", "X-Tenant: t\r\n", "/http/orders?page=1");
        Assert.Equal(400, answer.Status);
        Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
        var problem = JsonNode.Parse(answer.Text)!;
        Assert.Equal("urn:edge:problem:validation_failed", (string)problem["type"]!);
        Assert.Equal(["#/id", "#/n"], problem["errors"]!.AsArray().Select(e => (string)e!["pointer"]!).Order());
        var missing = JsonNode.Parse((await door.PostAsync("{\"id\":1}", path: "/http/orders?Page=1")).Text)!;
        Assert.Equal(
            ["#/query/page", "#/headers/X-Tenant"], missing["errors"]!.AsArray().Select(e => (string)e!["pointer"]!));
        Assert.Equal(200, (await door.PostAsync("{\"id\":1}", "X-Tenant: t\r\n", "/http/orders?a=1&p%61ge")).Status);
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("   ", 3)]
    [InlineData("{\"messages\":[", 13)]
    [InlineData("\u00ef\u00bb\u00bf{}", 0)]
    [InlineData("{} x", 3)]
    [InlineData("{\"temperature\":NaN}", 15)]
    [InlineData("{\"temperature\":1e999999}", 15)]
    [InlineData("{\"user\":\"\\ud800\"}", 9)]
    [InlineData("{\"user\":\"\u00ff\"}", 9)]
    [InlineData("{\"model\":\"a\",\"mod\\u0065l\":\"b\"}", 13)]
    public async Task What_is_no_json_is_refused_with_the_position(string body, int position)
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        var answer = await door.PostAsync(body);
        Assert.Equal(400, answer.Status);
        var error = JsonNode.Parse(answer.Text)!["error"]!;
        Assert.Equal("body_not_json", (string)error["code"]!);
        Assert.Equal(position, (int)error["position"]!);
        Assert.Empty(door.Upstream.Requests);
    }

    [Theory]
    [InlineData(128, 400, "validation_failed")]
    [InlineData(129, 400, "body_not_json")]
    [InlineData(10_000, 400, "body_not_json")]
    [InlineData(1024 * 1024, 400, "body_not_json")]
    [InlineData((1024 * 1024) + 1, 413, "body_too_large")]
    public async Task Deep_bodies_and_large_ones_are_refused(int depth, int status, string code)
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        var body = depth == 128 ? new string('[', depth) + new string(']', depth) : new string('[', depth);
        var answer = await door.PostAsync(body);
        Assert.Equal(status, answer.Status);
        Assert.Contains($"\"{code}\"", answer.Text, StringComparison.Ordinal);
        Assert.Empty(door.Upstream.Requests);
    }

    [Fact]
    public async Task A_body_in_chunks_is_refused_as_soon_as_it_is_too_large()
    {
        await using var door = await BodyDoor.OpenAsync(Chat + ", requestBodyMax: 1KiB");
        await using var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
        await caller.SendAsync(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + $"400\r\n{new string(' ', 1024)}\r\n");
        await caller.SendAsync("1\r\n \r\n");
        Assert.Equal(413, (await caller.ReadResponseAsync("POST")).Status);
        Assert.Empty(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("application/json", "Content-Encoding: gzip\r\n", 415, "content_coding_unsupported")]
    [InlineData("application/json", "Content-Encoding: identity\r\n", 200, "")]
    [InlineData("application/json; charset=utf-8", "", 200, "")]
    [InlineData("application/vnd.chat+JSON", "", 200, "")]
    [InlineData("text/plain", "", 415, "media_type_unsupported")]
    [InlineData("application/x-www-form-urlencoded", "", 415, "media_type_unsupported")]
    [InlineData("multipart/form-data; boundary=json", "", 415, "media_type_unsupported")]
    public async Task Only_json_as_it_is_is_taken(string type, string headers, int status, string code)
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        var answer = await door.PostAsync(Valid, headers, type: type);
        Assert.Equal(status, answer.Status);
        Assert.Contains(code, answer.Text, StringComparison.Ordinal);
        Assert.Equal(status == 200 ? 1 : 0, door.Upstream.Requests.Count);
        Assert.Equal(code == "content_coding_unsupported", answer.Headers.Contains("Accept-Encoding"));
    }

    [Fact]
    public async Task Rules_are_applied_in_their_order_and_see_each_other()
    {
        const string rewrite = """
            , validate: { schema: openai-chat }, rewrite: [
              { from: mobile }, { systemMessage: "You help {caller.id}." },
              { default: { model: { byTier: { free: gpt-3.5-turbo, starter: gpt-4o-mini } } } },
              { default: { user: "{caller.id}", temperature: 0.7, stop: null, n: 1 } },
              { clamp: { temperature: [0, 1.5] } },
              { when: { tier: free }, set: { max_tokens: 256 } },
              { when: { model: "gpt-4*", header: { X-Fast: "1" } },
                set: { metadata: { r: "{request.id}", m: "{body./model}" } } },
              { rename: { n: count }, remove: [stop] } ]
            """;
        await using var door = await BodyDoor.OpenAsync(rewrite);
        await door.PostAsync("{\"message\":\"hi \\\"you\\\"\",\"userId\":\"u1\"}", Ann + "X-Fast: 1\r\nX-Id: r-1\r\n");
        Assert.Equal(
            "{\"messages\":[{\"role\":\"system\",\"content\":\"You help ann.\"},"
            + "{\"role\":\"user\",\"content\":\"hi \\\"you\\\"\"}],"
            + "\"user\":\"u1\",\"model\":\"gpt-4o-mini\",\"temperature\":0.7,\"count\":1,"
            + "\"metadata\":{\"r\":\"r-1\",\"m\":\"gpt-4o-mini\"}}", door.Seen);
        await door.PostAsync("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":2}", Bob);
        Assert.Equal(
            "{\"messages\":[{\"role\":\"system\",\"content\":\"You help bob.\"},{\"role\":\"user\",\"content\":\"x\"}],"
            + "\"temperature\":1.5,\"model\":\"gpt-3.5-turbo\",\"user\":\"bob\",\"count\":1,\"max_tokens\":256}", door.Seen);
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"message\":1}")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    public async Task A_body_that_can_not_be_transformed_is_refused(string body)
    {
        await using var door = await BodyDoor.OpenAsync(", rewrite: [{ from: mobile }]");
        var answer = await door.PostAsync(body);
        Assert.Equal(400, answer.Status);
        Assert.Contains("body_not_transformable", answer.Text, StringComparison.Ordinal);
        Assert.Empty(door.Upstream.Requests);
    }

    [Fact]
    public async Task A_plain_route_maps_bodies()
    {
        await using var door = await BodyDoor.OpenAsync(
            http: ", rewrite: [{ body: { tenant: \"{caller.id}\", find: { text: \"{body./q}\", n: \"{body./page/size}\" } } }]");
        Assert.Equal(200, (await door.PostAsync("{\"q\":\"a \\\"b\\\"\",\"page\":{\"size\":2.0}}", Ann, "/http/search")).Status);
        Assert.Equal("{\"tenant\":\"ann\",\"find\":{\"text\":\"a \\\"b\\\"\",\"n\":2.0}}", door.Seen);
        Assert.Equal(400, (await door.PostAsync("{\"q\":\"a\"}", Ann, "/http/search")).Status);
        Assert.Single(door.Upstream.Requests);
    }

    [Fact]
    public async Task A_claim_can_not_end_the_text_it_stands_in()
    {
        await using var door = await BodyDoor.OpenAsync(", rewrite: [{ set: { user: \"{caller.claims.dept}\" } }]");
        var token = Consumers.Token(claims: "dept=\",\"model\":\"gpt-4\u0000\\");
        await door.PostAsync("{\"model\":\"m\"}", $"Authorization: Bearer {token}\r\n");
        Assert.Equal("\",\"model\":\"gpt-4\u0000\\", (string)JsonNode.Parse(door.Seen)!["user"]!);
        Assert.Equal("m", (string)JsonNode.Parse(door.Seen)!["model"]!);
    }

    [Theory]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData(700_000)]
    public async Task A_large_body_is_rewritten_and_arrives_whole(int size)
    {
        await using var door = await BodyDoor.OpenAsync(", rewrite: [{ set: { user: u } }]");
        const string end = "\",\"user\":\"u\"}";
        var start = "{\"a\":\"" + new string('x', size - end.Length - 6);
        Assert.Equal(200, (await door.PostAsync(start + "\"}")).Status);
        Assert.Equal(start + end, door.Seen);
        Assert.Equal(size, door.Seen.Length);
    }

    [Fact]
    public async Task A_request_without_a_body_passes_where_its_method_means_none()
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        var get = await RawHttpClient.ExchangeAsync(
            door.Running.Endpoint, "GET /v1/chat/completions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, get.Status);
        Assert.Equal(400, (await door.PostAsync("")).Status);
    }

    [Fact]
    public async Task A_caller_that_leaves_in_the_middle_of_its_body_harms_nobody()
    {
        await using var door = await BodyDoor.OpenAsync(Chat);
        for (var cut = 0; cut < Valid.Length; cut += 7)
        {
            await using var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
            await caller.SendAsync(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {Valid.Length}\r\n\r\n{Valid[..cut]}");
            caller.Reset();
        }

        Assert.Equal(200, (await door.PostAsync(Valid)).Status);
        Assert.Single(door.Upstream.Requests);
    }

    [Fact]
    public async Task Many_bodies_on_one_connection_do_not_mix()
    {
        await using var door = await BodyDoor.OpenAsync(", rewrite: [{ set: { n: \"{header.X-N}\" } }]");
        await using var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
        for (var i = 0; i < 50; i++)
        {
            var body = $"{{\"a\":\"{new string((char)('a' + (i % 26)), i * 37)}\"}}";
            await caller.SendAsync(
                $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-N: {i}\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {body.Length}\r\n\r\n{body}");
            Assert.Equal(200, (await caller.ReadResponseAsync("POST")).Status);
            Assert.Equal($"{body[..^1]},\"n\":\"{i}\"}}", door.Seen);
        }
    }
}
