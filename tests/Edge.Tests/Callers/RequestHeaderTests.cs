using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>Which of the caller's headers travel, which are replaced, and what no caller can take off or forge.</summary>
public sealed class RequestHeaderTests
{
    private const string Loopback = "trustedProxies: [127.0.0.1/32]";

    [Theory]
    [InlineData("Connection: X-Named , x-other\r\nConnection: X-Third")]
    [InlineData("Connection: close, X-Named , x-other,,\tX-Third\t")]
    [InlineData("Connection: X-Named,x-other,X-Third,keep-alive")]
    [InlineData("Connection: Upgrade, X-Named,x-other,X-Third,Close")]
    public async Task Headers_of_this_hop_and_those_that_Connection_names_do_not_travel(string connection)
    {
        var seen = await ForwardAsync(
            connection + "\r\nX-Named: 1\r\nX-Other: 1\r\nx-third: 1\r\nKeep-Alive: 1\r\n" +
            "Proxy-Connection: x\r\nProxy-Authorization: x\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: x\r\nHTTP2-Settings: x\r\n" +
            "X-Content-Length: 5\r\nX-Kept: 1\r\n");
        Assert.Equal(
            ["Host", "X-Kept", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "Via"],
            seen.Select(static field => field.Key));
    }

    [Theory]
    [InlineData("close", true)]
    [InlineData("close, X-Named", true)]
    [InlineData("X-Named,\tCLOSE", true)]
    [InlineData("keep-alive, X-Named", false)]
    [InlineData("X-Close", false)]
    public async Task A_caller_that_names_headers_still_has_its_connection_closed_when_it_says_so(string options, bool closes)
    {
        await using var door = await Door.OpenAsync();
        foreach (var target in new[] { "/", "/%00", "/a#b" })
        {
            var outcome = await door.AttackAsync($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: {options}\r\n\r\n");
            Assert.Equal(closes || target == "/%00" ? 1 : 2, outcome.Responses.Count);
            Assert.True(outcome.SaidClose);
        }
    }

    [Fact]
    public async Task Connection_cannot_take_off_what_the_gateway_adds()
    {
        var seen = await ForwardAsync(
            "Connection: Host, Via, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded, Authorization, " +
            "X-Request-ID, X-Role, Content-Length, Transfer-Encoding\r\nAuthorization: Bearer mine\r\n" +
            "X-Role: admin\r\nX-Request-ID: 1234\r\n",
            upstream: "credential: theirs",
            route: "requestId: { header: X-Request-ID }, request: { headers: { set: { X-Role: user } } }");
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.Equal("a", seen["X-Forwarded-Host"]);
        Assert.Equal("for=127.0.0.1;host=a;proto=http", seen["Forwarded"]);
        Assert.Equal("1.1 edge", seen["Via"]);
        Assert.Equal("Bearer theirs", seen["Authorization"]);
        Assert.Equal("user", seen["X-Role"]);
        Assert.Equal("1234", seen["X-Request-ID"]);
        Assert.True(seen.Contains("Host"));
    }

    [Fact]
    public async Task Each_request_of_a_connection_is_told_of_by_its_own_host_and_proxies()
    {
        await using var door = await Door.OpenAsync(top: "trustedProxies: [127.0.0.2]");
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        string[] hosts = ["a", "a", "a", "b", "b", "b:81", "b:81", "b:81", "a", "a", "a"];
        foreach (var host in hosts)
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 10.9.9.9\r\n\r\n");
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        }

        Assert.Equal(hosts, door.Upstream.Requests.Select(static request => request.Headers["X-Forwarded-Host"]));
        Assert.Equal(
            hosts.Select(static host => $"for=127.0.0.1;host={(host.Contains(':') ? $"\"{host}\"" : host)};proto=http"),
            door.Upstream.Requests.Select(static request => request.Headers["Forwarded"]));
        Assert.All(door.Upstream.Requests, static request => Assert.Equal("127.0.0.1", request.Headers["X-Forwarded-For"]));
    }

    [Fact]
    public async Task What_a_trusted_proxy_says_is_told_anew_with_each_request()
    {
        await using var door = await Door.OpenAsync(top: Loopback);
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        string[] callers = ["203.0.113.1", "203.0.113.2", "203.0.113.2", "203.0.113.3"];
        foreach (var caller in callers)
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {caller}\r\n\r\n");
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        }

        Assert.Equal(
            callers.Select(static caller => $"{caller}, 127.0.0.1"),
            door.Upstream.Requests.Select(static request => request.Headers["X-Forwarded-For"]));
    }

    [Fact]
    public async Task More_headers_than_most_requests_have_all_travel_and_the_length_is_said_once()
    {
        await using var door = await Door.OpenAsync();
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        foreach (var count in new[] { 3, 40, 8, 9, 0 })
        {
            var lines = string.Concat(Enumerable.Range(0, count).Select(static i => $"X-Mine-{i}: {i}\r\n"));
            await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\n{lines}Content-Length: 4\r\n\r\nbody");
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
            var seen = door.Upstream.Requests[^1];
            Assert.Equal(
                Enumerable.Range(0, count).Select(static i => $"X-Mine-{i}"),
                seen.Headers.Select(static field => field.Key)
                    .Where(static name => name.StartsWith("X-Mine-", StringComparison.Ordinal)));
            Assert.Equal(["4"], seen.Headers.All("Content-Length"));
            Assert.Equal("body", seen.Text);
        }
    }

    [Theory]
    [InlineData("Authorization: Bearer mine")]
    [InlineData("authorization: Bearer mine")]
    [InlineData("AUTHORIZATION:Bearer mine\r\nAuthorization: Basic mine")]
    [InlineData("X-Api-Key: mine")]
    [InlineData("x-api-key: mine\r\nX-API-KEY: mine")]
    [InlineData("Api-Key: mine")]
    [InlineData("X_Api_Key: mine")]
    [InlineData("Api_Key: mine")]
    [InlineData("X-Goog-Api-Key: mine")]
    [InlineData("Proxy-Authorization: mine")]
    [InlineData("Connection: X-Nothing\r\nAuthorization: mine")]
    [InlineData("Connection: Authorization\r\nAuthorization: mine\r\nX-Api-Key: mine")]
    public async Task No_credential_of_a_caller_reaches_an_upstream_that_has_its_own(string lines)
    {
        foreach (var (dialect, name, value) in new[]
        {
            ("http", "Authorization", "Bearer theirs"),
            ("openai", "Authorization", "Bearer theirs"),
            ("anthropic", "x-api-key", "theirs"),
        })
        {
            var seen = await ForwardAsync(lines + "\r\n", upstream: $"dialect: {dialect}, credential: theirs");
            Assert.Equal([value], seen.All(name));
            Assert.DoesNotContain(seen, static field => field.Value.Contains("mine", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("Authorization: Bearer mine")]
    [InlineData("X-Api-Key: mine")]
    public async Task Where_the_upstream_has_no_credential_the_callers_goes_through(string line)
    {
        var seen = await ForwardAsync(line + "\r\n");
        Assert.Contains(seen, field => $"{field.Key}: {field.Value}" == line);
    }

    [Theory]
    [InlineData("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil")]
    [InlineData("X-Forwarded-Port: 1\r\nForwarded: for=6.6.6.6")]
    [InlineData("x-forwarded-for: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Host: evil")]
    [InlineData("X-Forwarded-Prefix: /evil\r\nX-Forwarded-Server: evil\r\nX-Forwarded-Ssl: on\r\nX-Real-IP: 6.6.6.6")]
    public async Task What_a_stranger_says_of_earlier_hops_is_not_passed_on(string lines)
    {
        var seen = await ForwardAsync(lines + "\r\n");
        Assert.Equal(
            ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "Via"],
            seen.Select(static field => field.Key));
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        Assert.Equal("for=127.0.0.1;host=a;proto=http", seen["Forwarded"]);
    }

    [Fact]
    public async Task What_a_trusted_proxy_says_of_earlier_hops_is_extended()
    {
        var seen = await ForwardAsync(
            "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\n" +
            "X-Forwarded-Host: public.example\r\nForwarded: for=6.6.6.6;proto=https\r\nVia: 1.0 first\r\nVia: 2 second\r\n",
            top: Loopback);
        Assert.Equal("6.6.6.6, 7.7.7.7, 127.0.0.1", seen["X-Forwarded-For"]!.Replace(",", ", ", StringComparison.Ordinal)
            .Replace("  ", " ", StringComparison.Ordinal));
        Assert.Equal("https", seen["X-Forwarded-Proto"]);
        Assert.Equal("public.example", seen["X-Forwarded-Host"]);
        Assert.StartsWith("for=6.6.6.6;proto=https, for=127.0.0.1", seen["Forwarded"], StringComparison.Ordinal);
        Assert.Equal("1.0 first, 2 second, 1.1 edge", seen["Via"]);
    }

    [Fact]
    public async Task Every_byte_of_a_value_travels_as_it_is()
    {
        var all = string.Concat(Enumerable.Range(0x20, 0xE0).Where(static c => c != 0x7F).Select(static c => (char)c)).Trim();
        var seen = await ForwardAsync($"X-Bytes: {all}\tend\r\nX-Empty:\r\nX-Utf8: \u00c3\u00a9\u00f0\u009f\u0098\u0080\r\n");
        Assert.Equal(all + "\tend", seen["X-Bytes"]);
        Assert.Equal("", seen["X-Empty"]);
        Assert.Equal("\u00c3\u00a9\u00f0\u009f\u0098\u0080", seen["X-Utf8"]);
    }

    [Fact]
    public async Task Repeated_headers_stay_apart_and_in_order_but_cookies_become_one()
    {
        var seen = await ForwardAsync("X-A: 1\r\nCookie: a=1\r\nX-A: 2,3\r\nCookie: b=2\r\nX-A: 4\r\n");
        Assert.Equal(["1", "2,3", "4"], seen.All("X-A"));
        Assert.Equal(["a=1; b=2"], seen.All("Cookie"));
    }

    [Theory]
    [InlineData("X-Request-ID: kept-1", "kept-1")]
    [InlineData("x-request-id: A.b_c~d:e/f+g=h-9", "A.b_c~d:e/f+g=h-9")]
    [InlineData("", null)]
    [InlineData("X-Request-ID:", null)]
    [InlineData("X-Request-ID: a b", null)]
    [InlineData("X-Request-ID: <script>", null)]
    [InlineData("X-Request-ID: \u00e9", null)]
    [InlineData("X-Request-ID: one\r\nX-Request-ID: two", null)]
    [InlineData("X_Request_ID: one", null)]
    public async Task A_request_keeps_a_well_formed_identifier_and_else_gets_one(string line, string? kept)
    {
        await using var door = await Door.OpenAsync(route: "requestId: { header: X-Request-ID }");
        var outcome = await door.AttackAsync($"GET / HTTP/1.1\r\nHost: a\r\n{line}{(line.Length > 0 ? "\r\n" : "")}\r\n");
        var echoed = outcome.Responses[0].Headers["X-Request-ID"];
        var seen = (await door.SeenAsync())[0].Headers;
        Assert.Equal([echoed!], seen.All("X-Request-ID"));
        Assert.False(seen.Contains("X_Request_ID"));
        Assert.True(kept is null ? Guid.TryParse(echoed, out _) : echoed == kept, echoed);
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public async Task An_identifier_may_have_128_characters(int length, bool kept)
    {
        var id = new string('a', length);
        var seen = await ForwardAsync($"X-Request-ID: {id}\r\n", route: "requestId: { header: X-Request-ID }");
        Assert.Equal(kept, seen["X-Request-ID"] == id);
    }

    [Fact]
    public async Task Rules_remove_set_and_add_whatever_the_caller_sent_and_however_it_spelled_it()
    {
        var seen = await ForwardAsync(
            "X-Internal: 1\r\nx_internal: 1\r\nX-Role: admin\r\nX_ROLE: admin\r\nX-More: theirs\r\nX-Kept_As: 1\r\n",
            route: "request: { headers: { remove: [X-Internal], set: { X-Role: user }, add: { X-More: ours } } }");
        Assert.Equal(
            ["X-More: theirs", "X-Kept_As: 1", "X-Role: user", "X-More: ours"],
            seen.Where(static field => field.Key[0] == 'X' && !field.Key.StartsWith("X-F", StringComparison.Ordinal))
                .Select(static field => $"{field.Key}: {field.Value}"));
    }

    [Fact]
    public async Task The_upstream_is_told_its_own_host_unless_the_route_preserves_the_callers()
    {
        await using var door = await Door.OpenAsync();
        await door.AttackAsync("GET / HTTP/1.1\r\nHost: public.example:8080\r\n\r\n");
        Assert.Equal(door.Upstream.Endpoint.ToString(), (await door.SeenAsync())[0].Headers["Host"]);
        foreach (var host in new[] { "public.example:8080", "[::1]:1" })
        {
            Assert.Equal(host, (await ForwardAsync("", route: "preserveHost: true", host: host))["Host"]);
        }
    }

    [Theory]
    [InlineData("/v1/*", "true", "", "/v1/chat?a", "/chat?a")]
    [InlineData("/v1/*", "true", "", "/v1", "/")]
    [InlineData("/v1/*", "true", "", "/v1/", "/")]
    [InlineData("/v1/*", "true", "", "/v1?a", "/?a")]
    [InlineData("/v1/*", "true", "", "/v1//evil/x", "//evil/x")]
    [InlineData("/v1/*", "false", "", "/v1/chat", "/v1/chat")]
    [InlineData("/v1/*", "true", "/base", "/v1/chat", "/base/chat")]
    [InlineData("/v1/*", "false", "/base/", "/v1/chat", "/base/v1/chat")]
    [InlineData("/v1/*", "true", "/base", "/v1/a/../b", "/base/b")]
    [InlineData("/v1/*", "true", "/base", "/%761/%2e%2e/v1/c", "/base/c")]
    public async Task The_path_loses_what_the_route_strips_and_gets_the_targets_own_before_it(
        string path, string strip, string basePath, string sent, string seen)
    {
        await using var upstream = ScriptedUpstream.Start(Door.Answering(ScriptedUpstream.Ok("ok")));
        await using (var gateway = await RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: "127.0.0.1:0" }]
            upstreams: { it: { targets: ["http://{{upstream.Endpoint}}{{basePath}}"] } }
            routes: [{ name: all, upstream: it, stripPath: {{strip}}, match: { path: {{path}} } }]
            """))
        {
            var answer = await RawHttpClient.ExchangeAsync(gateway.Endpoint, $"GET {sent} HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, answer.Status);
        }

        Assert.Equal(seen, Assert.Single(upstream.Requests).Target);
    }

    [Fact]
    public async Task A_path_that_leaves_its_route_by_dots_is_not_taken_by_it()
    {
        await using var door = await Door.OpenAsync(route: "match: { path: /public/* }");
        string[] paths = ["/public/../admin", "/public/%2e%2e/admin", "/public/.%2E/admin", "/PUBLIC/x", "//public/x"];
        foreach (var path in paths)
        {
            var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(404, answer.Status);
        }

        Assert.Equal(0, door.Upstream.Connections);
    }

    [Fact]
    public async Task The_answers_headers_lose_those_of_the_upstreams_hop_and_get_what_the_rules_say()
    {
        await using var door = await Door.OpenAsync(
            route: "response: { headers: { remove: [Server], set: { X-Version: \"1\" }, add: { X-More: ours } } }",
            scripts: Door.Answering(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: secret\r\nX-Version: 0\r\nX-More: theirs\r\n" +
                "Keep-Alive: timeout=5\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nProxy-Authenticate: x\r\n" +
                "Upgrade: h2c\r\nAlt-Svc: h3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=\u00e9\r\nX-Bytes: \u00e9\u0080\r\n\r\nok"));
        var headers = (await door.AttackAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Responses[0].Headers;
        string[] gone = ["Server", "X-Hop", "Keep-Alive", "Connection", "Upgrade", "Alt-Svc", "Transfer-Encoding"];
        Assert.All(gone, name => Assert.False(headers.Contains(name), name));
        Assert.Equal(["1"], headers.All("X-Version"));
        Assert.Equal(["theirs", "ours"], headers.All("X-More"));
        Assert.Equal(["a=1", "b=\u00e9"], headers.All("Set-Cookie"));
        Assert.Equal("\u00e9\u0080", headers["X-Bytes"]);
        Assert.Equal("2", headers["Content-Length"]);
    }

    [Fact]
    public async Task No_error_of_ours_tells_a_credential_a_host_or_what_the_caller_sent()
    {
        await using var door = await Door.OpenAsync(upstream: "dialect: openai, credential: theirs", scripts: static connection =>
        {
            connection.Reset();
            return Task.CompletedTask;
        });
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync("GET /secret HTTP/1.1\r\nHost: a\r\nAuthorization: mine\r\nConnection: close\r\n\r\n");
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.StartsWith("HTTP/1.1 502", answer, StringComparison.Ordinal);
        string[] secrets = ["theirs", "mine", "secret", "127.0.0.1", door.Upstream.Endpoint.Port.ToString(), " at ", "Exception"];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, answer, StringComparison.Ordinal));
    }

    private static async Task<RawHeaders> ForwardAsync(
        string lines, string upstream = "", string route = "", string top = "", string host = "a")
    {
        await using var door = await Door.OpenAsync(upstream: upstream, route: route, top: top);
        var outcome = await door.AttackAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n");
        Assert.Equal(200, outcome.Responses[0].Status);
        return (await door.SeenAsync())[0].Headers;
    }
}
