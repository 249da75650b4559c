using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Issuers;

/// <summary>Tokens of issuers at the door: real issuers, real keys, real sockets.</summary>
public sealed class TokenRouteTests : IAsyncDisposable
{
    private static readonly long Later = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();

    private readonly TestIssuer _one = new("a");
    private readonly TestIssuer _two = new("a");
    private readonly ScriptedUpstream _origin = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("hello")));

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task The_issuer_in_the_token_chooses_between_the_routes_issuers()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(200, await AskAsync(gateway, "/both", _one.Sign("a", Claims("api"))));
        Assert.Equal(200, await AskAsync(gateway, "/both", _two.Sign("a", Claims("api"))));
        Assert.Equal(401, await AskAsync(gateway, "/both", _one.Sign("a", Claims("api"), _two.Url)));
        Assert.Equal(401, await AskAsync(gateway, "/one", _two.Sign("a", Claims("api"))));
        Assert.Equal(401, await AskAsync(gateway, "/one", _one.Sign("a", Claims("api"), "http://127.0.0.1:1")));
        Assert.Equal(2, _origin.Requests.Count);
        Assert.All(_origin.Requests, static request => Assert.Null(request.Headers["Authorization"]));
    }

    [Fact]
    public async Task What_was_verified_for_one_route_is_not_taken_at_another_that_asks_for_another_audience()
    {
        await using var gateway = await StartAsync();
        var token = _one.Sign("a", Claims("https://api.example.com/mcp"));
        Assert.Equal(200, await AskAsync(gateway, "/mcp", token));
        Assert.Equal(401, await AskAsync(gateway, "/one", token));
        Assert.Equal(200, await AskAsync(gateway, "/mcp", token));
        Assert.Equal(401, await AskAsync(gateway, "/mcp", _one.Sign("a", Claims("api"))));
    }

    [Fact]
    public async Task A_token_tells_who_calls_and_its_claims_reach_the_service()
    {
        await using var gateway = await StartAsync();
        var claims = Claims("api") + ",\"email\":\"a@example.com\",\"tier\":\"gold\",\"scope\":\"x chat.write\","
            + "\"roles\":[\"r1\",\"r2\"],\"dept\":\"sales\\r\\nX-Evil: 1\"";
        Assert.Equal(200, await AskAsync(gateway, "/told", _one.Sign("a", claims)));
        var told = Assert.Single(_origin.Requests).Headers;
        Assert.Equal(("me", "a@example.com", "gold"), (told["X-Id"], told["X-Email"], told["X-Tier"]));
        Assert.Null(told["X-Evil"]);
        Assert.Equal(403, await AskAsync(gateway, "/told", _one.Sign("a", Claims("api"))));
        Assert.Equal(401, await AskAsync(gateway, "/told", _one.Sign("a", $"\"aud\":\"api\",\"exp\":{Later}")));
    }

    [Fact]
    public async Task A_new_keys_token_brings_the_key_and_a_key_that_goes_takes_its_tokens_along()
    {
        await using var gateway = await StartAsync();
        var old = _one.Sign("a", Claims("api"));
        Assert.Equal(200, await AskAsync(gateway, "/one", old));
        _one.Publish("b");
        Assert.Equal(200, await AskAsync(gateway, "/one", old));
        Assert.Equal(200, await AskAsync(gateway, "/one", _one.Sign("b", Claims("api"))));
        Assert.Equal(401, await AskAsync(gateway, "/one", old));
        Assert.Equal(3, _one.KeyFetches);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "status")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "redirected")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n{", "too_large")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nrubbish", "malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}", "no_usable_key")]
    public async Task What_an_issuer_answers_instead_of_keys_leaves_known_tokens_alone_and_is_counted(string answer, string fault)
    {
        await using var gateway = await StartAsync();
        var token = _one.Sign("a", Claims("api"));
        Assert.Equal(200, await AskAsync(gateway, "/one", token));
        _one.PublishInstead(answer);
        Assert.Equal(503, await AskAsync(gateway, "/one", _one.Sign("b", Claims("api"))));
        Assert.Equal(200, await AskAsync(gateway, "/one", token));
        Assert.Equal(200, await AskAsync(gateway, "/one", _one.Sign("a", Claims("api") + ",\"n\":1")));
        using var stream = new MemoryStream();
        Edge.Admin.StateWriter.Write(stream, gateway.Gateway);
        using var state = JsonDocument.Parse(stream.ToArray());
        var one = state.RootElement.GetProperty("issuers")[0];
        Assert.Equal("stale", one.GetProperty("status").GetString());
        Assert.Equal(1, one.GetProperty("failed").GetProperty(fault).GetInt32());
    }

    [Fact]
    public async Task A_key_of_another_type_under_the_right_name_verifies_nothing()
    {
        await using var gateway = await StartAsync();
        const string rsa = """{"keys":[{"kty":"RSA","kid":"b","e":"AQAB","n":"AQAB"},{"kty":"oct","kid":"b","k":"c2VjcmV0"}]}""";
        _one.PublishInstead(ScriptedUpstream.Ok(rsa));
        Assert.Equal(503, await AskAsync(gateway, "/one", _one.Sign("b", Claims("api"))));
        Assert.Equal(200, await AskAsync(gateway, "/one", _one.Sign("a", Claims("api"))));
    }

    [Fact]
    public async Task Before_an_issuers_keys_are_there_its_tokens_wait_for_later_and_others_do_not()
    {
        _two.PublishInstead("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
        await using var gateway = await StartAsync(waitForTwo: false);
        await using var client = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await client.SendAsync($"GET /both HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {_two.Sign("a", Claims("api"))}\r\n\r\n");
        var answer = await client.ReadResponseAsync("GET");
        Assert.Equal((503, "1"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Null(answer.Headers["WWW-Authenticate"]);
        Assert.Equal(200, await AskAsync(gateway, "/both", _one.Sign("a", Claims("api"))));
    }

    [Fact]
    public async Task Ten_thousand_tokens_with_made_up_keys_do_not_keep_a_good_one_waiting()
    {
        await using var gateway = await StartAsync();
        var good = _one.Sign("a", Claims("api"));
        var claims = Claims("api");

        // The deadline is the whole connection's, and ten thousand answers take a busy machine more than the usual one.
        await using var client = await RawHttpClient.ConnectAsync(gateway.Endpoint, TimeSpan.FromMinutes(5));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 10_000; i++)
        {
            var token = i % 1000 == 0 ? good : Unsigned($"made-up-{i}", claims);
            await client.SendAsync($"GET /one HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
            Assert.Equal(i % 1000 == 0 ? 200 : 401, (await client.ReadResponseAsync("GET")).Status);
        }

        // Ten a minute, however many minutes a busy machine needs.
        Assert.InRange(_one.KeyFetches, 2, 10 * (1 + (int)watch.Elapsed.TotalMinutes));
    }

    private static string Claims(string audience) => $"\"sub\":\"me\",\"aud\":\"{audience}\",\"exp\":{Later}";

    private string Unsigned(string kid, string claims)
    {
        static string Encode(string json) =>
            System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json));
        var header = Encode($$"""{"alg":"ES256","kid":"{{kid}}"}""");
        return header + "." + Encode($$"""{"iss":"{{_one.Url}}",{{claims}}}""") + ".AAAA";
    }

    private async Task<RunningGateway> StartAsync(bool waitForTwo = true)
    {
        var gateway = await RunningGateway.StartAsync($$"""
            listeners: [{ address: 127.0.0.1:0 }]
            identity:
              failureLimit: none
              issuers:
                one: { issuer: "{{_one.Url}}", audience: api, algorithms: [ES256] }
                two: { issuer: "{{_two.Url}}", audience: api, algorithms: [ES256] }
            upstreams:
              origin: { targets: ["{{_origin.Url.GetLeftPart(UriPartial.Authority)}}"] }
            routes:
              - { name: both, match: { path: /both }, authenticate: { with: [one, two] }, upstream: origin }
              - { name: one, match: { path: /one }, authenticate: { with: [one] }, upstream: origin }
              - name: mcp
                match: { path: /mcp }
                authenticate: { with: [one], resource: { identifier: "https://api.example.com/mcp" } }
                upstream: origin
              - name: told
                match: { path: /told }
                authenticate: { with: [one] }
                authorize: { scopes: [chat.write], tiers: [gold], claims: { roles: r2 } }
                request: { headers: { set: { X-Id: "{caller.id}", X-Email: "{caller.email}", X-Tier: "{caller.tier}" } } }
                upstream: origin
            """);
        var end = DateTime.UtcNow.AddSeconds(30);
        var issuers = gateway.Gateway.Issuers;
        while (issuers[0].Keys is null || (waitForTwo && issuers[1].Keys is null))
        {
            Assert.True(DateTime.UtcNow < end, "the issuers' keys did not come");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        return gateway;
    }

    private static async Task<int> AskAsync(RunningGateway gateway, string path, string token)
    {
        await using var client = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
        return (await client.ReadResponseAsync("GET")).Status;
    }
}
