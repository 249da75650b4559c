using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Browsers;

/// <summary>CORS as a browser sees it, and as somebody who pretends to be a page.</summary>
public sealed class CorsTests
{
    private const string Cors =
        "cors: { origins: [https://yourapp.com, \"https://*.example.com\"], headers: [Authorization, Content-Type], " +
        "expose: [X-RateLimit-Remaining], credentials: true, maxAge: 1h }";

    private const string Vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

    [Fact]
    public async Task A_preflight_is_answered_at_the_door()
    {
        // The route takes no OPTIONS, and the body limit of the listener is nothing to a preflight.
        await using var door = await Door.OpenAsync(route: $"match: {{ path: /v1/*, methods: [POST, PUT] }}, {Cors}");
        var answer = await AskAsync(door, Preflight("https://yourapp.com", "PUT", "authorization,content-type"));
        Assert.Equal(204, answer.Status);
        Assert.Equal("https://yourapp.com", answer.Headers["Access-Control-Allow-Origin"]);
        Assert.Equal("true", answer.Headers["Access-Control-Allow-Credentials"]);
        Assert.Equal("POST, PUT", answer.Headers["Access-Control-Allow-Methods"]);
        Assert.Equal("Authorization, Content-Type", answer.Headers["Access-Control-Allow-Headers"]);
        Assert.Equal("3600", answer.Headers["Access-Control-Max-Age"]);
        Assert.Equal(Vary, answer.Headers["Vary"]);
        Assert.False(answer.Headers.Contains("Access-Control-Expose-Headers"));
        Assert.False(answer.Headers.Contains("Content-Length"));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("https://evil.example", "PUT", "authorization", "origin_not_allowed", false)]
    [InlineData("null", "PUT", "authorization", "origin_not_allowed", false)]
    [InlineData("https://yourapp.com", "PATCH", "authorization", null, false)]
    [InlineData("https://yourapp.com", "PUT", "authorization,x-evil", "cors_header_not_allowed", true)]
    public async Task A_preflight_that_asks_for_too_much_is_told_what(
        string origin, string method, string headers, string? code, bool readable)
    {
        await using var door = await Door.OpenAsync(route: $"match: {{ path: /v1/*, methods: [POST, PUT] }}, {Cors}");
        var answer = await AskAsync(door, Preflight(origin, method, headers));

        // Without a route for the method nobody has said anything of origins.
        Assert.Equal(code is null ? 405 : 403, answer.Status);
        Assert.Contains(code ?? "method_not_allowed", answer.Text, StringComparison.Ordinal);
        Assert.Equal(readable ? origin : null, answer.Headers["Access-Control-Allow-Origin"]);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Methods"));
        Assert.Equal(code is null ? null : Vary, answer.Headers["Vary"]);
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Fact]
    public async Task A_preflight_for_a_method_that_the_route_takes_and_pages_may_not_use_is_refused()
    {
        await using var door = await Door.OpenAsync(route: "cors: { origins: [\"*\"], methods: [GET] }");
        var answer = await AskAsync(door, Preflight("https://a.example", "DELETE", ""));
        Assert.Equal(403, answer.Status);
        Assert.Contains("cors_method_not_allowed", answer.Text, StringComparison.Ordinal);
        Assert.Equal("*", answer.Headers["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public async Task The_preflight_is_that_of_the_route_which_its_method_leads_to()
    {
        await using var upstream = ScriptedUpstream.Start(Door.Answering(ScriptedUpstream.Ok("ok")));
        await using var gateway = await RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: "127.0.0.1:0" }]
            upstreams: { it: { targets: ["{{upstream.Url}}"] } }
            routes:
              - { name: read, upstream: it, match: { path: /x, methods: [GET] }, cors: { origins: [https://read.example] } }
              - { name: write, upstream: it, match: { path: /x, methods: [POST] }, cors: { origins: [https://write.example] } }
              - { name: own, upstream: it, match: { path: /x, methods: [OPTIONS, DELETE] } }
            """);
        Assert.Equal(204, await StatusAsync("https://read.example", "GET"));
        Assert.Equal(403, await StatusAsync("https://read.example", "POST"));
        Assert.Equal(204, await StatusAsync("https://write.example", "POST"));
        Assert.Equal(0, upstream.Connections);

        // The route of DELETE leaves CORS to its upstream.
        Assert.Equal(200, await StatusAsync("https://write.example", "DELETE"));
        Assert.Equal("OPTIONS", Assert.Single(upstream.Requests).Method);

        async Task<int> StatusAsync(string origin, string method) => (await RawHttpClient.ExchangeAsync(
            gateway.Endpoint, Preflight(origin, method, "", "/x"))).Status;
    }

    [Theory]
    [InlineData("Origin: https://yourapp.com\r\n")]
    [InlineData("Access-Control-Request-Method: PUT\r\n")]
    [InlineData("Origin: https://yourapp.com\r\nOrigin: https://yourapp.com\r\nAccess-Control-Request-Method: PUT\r\n")]
    [InlineData("Origin: https://yourapp.com\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Method: PUT\r\n")]
    public async Task An_OPTIONS_that_is_no_preflight_goes_on_as_any_request(string lines)
    {
        await using var door = await Door.OpenAsync(route: Cors);
        var answer = await AskAsync(door, $"OPTIONS /v1/x HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal("OPTIONS", Assert.Single(await door.SeenAsync()).Method);
    }

    [Fact]
    public async Task An_answer_says_who_may_read_it_in_the_place_of_what_the_upstream_says()
    {
        await using var door = await Door.OpenAsync(route: Cors, scripts: Door.Answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\n" +
            "Access-Control-Allow-Headers: *\r\nAccess-Control-Expose-Headers: Secret\r\nAccess-Control-Max-Age: 9\r\n" +
            "Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Private-Network: true\r\n" +
            "Vary: Accept-Encoding\r\n\r\nok"));
        var allowed = await AskAsync(door, Get("Origin: https://a.example.com\r\n"));
        Assert.Equal(["https://a.example.com"], allowed.Headers.All("Access-Control-Allow-Origin"));
        Assert.Equal(["true"], allowed.Headers.All("Access-Control-Allow-Credentials"));
        Assert.Equal(["X-RateLimit-Remaining"], allowed.Headers.All("Access-Control-Expose-Headers"));
        Assert.Equal(["Accept-Encoding", "Origin"], allowed.Headers.All("Vary"));
        foreach (var lines in new[] { "", "Origin: https://evil.example\r\n", "Origin: null\r\n" })
        {
            var other = await AskAsync(door, Get(lines));
            Assert.Equal(200, other.Status);
            Assert.Equal(["Vary"], Names(other));
            Assert.Equal(["Accept-Encoding", "Origin"], other.Headers.All("Vary"));
        }

        Assert.Equal(["Access-Control-Allow-Credentials", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Vary"],
            Names(allowed));
    }

    [Theory]
    [InlineData("Origin")]
    [InlineData("accept, ORIGIN")]
    [InlineData("*")]
    public async Task What_varies_by_origin_already_is_not_said_twice(string vary)
    {
        await using var door = await Door.OpenAsync(route: Cors, scripts: Door.Answering(
            $"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVary: {vary}\r\n\r\nok"));
        Assert.Equal([vary], (await AskAsync(door, Get("Origin: https://yourapp.com\r\n"))).Headers.All("Vary"));
    }

    [Fact]
    public async Task Errors_of_ours_are_readable_too()
    {
        await using var door = await Door.OpenAsync(route: Cors + ", requestBodyMax: 1B", scripts: static connection =>
        {
            connection.Reset();
            return Task.CompletedTask;
        });
        var failed = await AskAsync(door, Get("Origin: https://yourapp.com\r\n"));
        Assert.Equal(502, failed.Status);
        var tooLarge = await AskAsync(
            door, "POST /v1/x HTTP/1.1\r\nHost: a\r\nOrigin: https://yourapp.com\r\nContent-Length: 2\r\n\r\nab");
        Assert.Equal(413, tooLarge.Status);
        foreach (var answer in new[] { failed, tooLarge })
        {
            Assert.Equal("https://yourapp.com", answer.Headers["Access-Control-Allow-Origin"]);
            Assert.Equal("true", answer.Headers["Access-Control-Allow-Credentials"]);
            Assert.Equal("X-RateLimit-Remaining", answer.Headers["Access-Control-Expose-Headers"]);
            Assert.Equal("Origin", answer.Headers["Vary"]);
        }
    }

    [Fact]
    public async Task Without_cors_the_upstreams_own_word_goes_through()
    {
        await using var door = await Door.OpenAsync(scripts: Door.Answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\n\r\nok"));
        Assert.Equal("*", (await AskAsync(door, Get("Origin: https://a.example\r\n"))).Headers["Access-Control-Allow-Origin"]);
        Assert.Equal(200, (await AskAsync(door, Preflight("https://a.example", "PUT", ""))).Status);
        Assert.Equal(2, (await door.SeenAsync()).Count);
    }

    [Theory]
    [InlineData("https://yourapp.com.evil.com")]
    [InlineData("https://evilyourapp.com")]
    [InlineData("https://YOURAPP.com")]
    [InlineData("https://yourapp.com:443")]
    [InlineData("https://yourapp.com.")]
    [InlineData("https://user@yourapp.com")]
    [InlineData("https://yourapp.com@evil.com")]
    [InlineData("https://evil.com/.example.com")]
    [InlineData("https://evil.com#.example.com")]
    [InlineData("https://a.example.com, https://evil.com")]
    [InlineData("https://evil.com\t.example.com")]
    [InlineData("https://evil.com\u00e9.example.com")]
    public async Task No_look_alike_of_an_origin_is_let_in_or_reflected(string origin)
    {
        await using var door = await Door.OpenAsync(route: Cors);
        foreach (var request in new[] { Preflight(origin, "PUT", ""), Get($"Origin: {origin}\r\n") })
        {
            var answer = await AskAsync(door, request);
            Assert.DoesNotContain(Names(answer), static name => name != "Vary");
            Assert.DoesNotContain(answer.Headers, field => field.Value.Contains("evil", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("https://a.example.com\r\nX-Injected: 1")]
    [InlineData("https://a.example.com\rX-Injected: 1")]
    [InlineData("https://a.example.com\nX-Injected: 1")]
    [InlineData("https://a\0.example.com")]
    public async Task An_origin_cannot_carry_a_header_into_the_answer(string origin)
    {
        await using var door = await Door.OpenAsync(route: Cors);
        var answer = await AskAsync(door, Get($"Origin: {origin}\r\n"));
        Assert.False(answer.Headers.Contains("X-Injected"));
        Assert.All(answer.Headers, static field => Assert.DoesNotContain(field.Value, static c => c is < ' ' or > '~'));
    }

    private static async Task<RawResponse> AskAsync(Door door, string request)
    {
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync(request);
        return await client.ReadResponseAsync("GET");
    }

    private static string Get(string lines) => $"GET /v1/x HTTP/1.1\r\nHost: a\r\n{lines}\r\n";

    private static string Preflight(string origin, string method, string headers, string path = "/v1/x") =>
        $"OPTIONS {path} HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n" +
        (headers.Length == 0 ? "" : $"Access-Control-Request-Headers: {headers}\r\n") +
        "Access-Control-Request-Private-Network: true\r\n\r\n";

    private static string[] Names(RawResponse answer) =>
    [
        .. answer.Headers.Select(static field => field.Key).Distinct()
            .Where(static name => name.StartsWith("Access-Control-", StringComparison.Ordinal) || name == "Vary")
            .Order(StringComparer.Ordinal),
    ];
}
