using System.Text;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Upgrades;

/// <summary>Switches of protocols over HTTP/1.1, from the handshake to the end.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public async Task Bytes_pass_both_ways_once_both_sides_have_switched()
    {
        await using var door = await Door.OpenAsync(
            route: Switching.Route,
            scripts: Switching.Upstream(
                Switching.EchoAsync,
                "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" +
                "X-Up: 1\r\nKeep-Alive: 5\r\n\r\n"));
        var (caller, head) = await Switching.ConnectAsync(
            door, "Sec-WebSocket-Protocol: chat, other\r\nSec-WebSocket-Extensions: permessage-deflate\r\nX-Down: 1\r\n");
        await using var ending = caller;
        Assert.Equal(101, head.Status);
        Assert.Equal(
            ("websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "chat", "permessage-deflate", "1", null, null, null),
            (head.Headers["Upgrade"], head.Headers["Connection"], head.Headers["Sec-WebSocket-Accept"],
                head.Headers["Sec-WebSocket-Protocol"], head.Headers["Sec-WebSocket-Extensions"], head.Headers["X-Up"],
                head.Headers["Keep-Alive"], head.Headers["Content-Length"], head.Headers["Transfer-Encoding"]));
        foreach (var text in new[] { "a", new string('b', 100_000), "\0\r\n\r\nGET / HTTP/1.1\r\n\r\n" })
        {
            await caller.SendAsync(text);
            Assert.Equal(text, Encoding.Latin1.GetString(await caller.ReadExactAsync(text.Length)));
        }

        caller.Close();
        var seen = Assert.Single(await door.SeenAsync()).Headers;
        Assert.Equal(
            ("Upgrade", "websocket", Switching.Key, "13", "chat, other", "permessage-deflate", "1", "127.0.0.1"),
            (seen["Connection"], seen["Upgrade"], seen["Sec-WebSocket-Key"], seen["Sec-WebSocket-Version"],
                seen["Sec-WebSocket-Protocol"], seen["Sec-WebSocket-Extensions"], seen["X-Down"], seen["X-Forwarded-For"]));
    }

    [Fact]
    public async Task What_is_sent_together_with_the_heads_is_not_lost()
    {
        await using var door = await Door.OpenAsync(
            route: Switching.Route,
            scripts: Switching.Upstream(
                async static connection => await connection.SendAsync(await connection.ReadExactAsync(5)), "\r\nearly"));
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Switching.Handshake() + "hasty");
        Assert.Equal(101, (await caller.ReadHeadAsync()).Status);
        Assert.Equal("earlyhasty", Encoding.Latin1.GetString(await caller.ReadToEndAsync()));
        Assert.Equal(ConnectionEnd.Closed, caller.End);
    }

    [Fact]
    public async Task The_head_may_come_in_any_pieces()
    {
        await using var door = await Door.OpenAsync(route: Switching.Route, scripts: async static connection =>
        {
            var request = await connection.ReadRequestHeadAsync();
            foreach (var octet in Switching.Accepting(request!) + "x")
            {
                await connection.SendAsync(octet.ToString());
            }
        });
        var (caller, head) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        Assert.Equal((101, "x"), (head.Status, Encoding.Latin1.GetString(await caller.ReadToEndAsync())));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200)]
    [InlineData("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n", 426)]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 403)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 503)]
    public async Task Another_answer_is_passed_on_and_nothing_behind_it_is_taken_for_anything(string answer, int status)
    {
        await using var door = await Door.OpenAsync(
            route: Switching.Route,
            scripts:
            [
                async connection =>
                {
                    await connection.ReadRequestHeadAsync();
                    await connection.SendAsync(answer);

                    // Whatever a caller had sent for the other protocol must not come here as if it were a request.
                    Assert.Empty(await connection.ReadToEndAsync());
                },
                Door.Answering(ScriptedUpstream.Ok("own")),
            ]);
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Switching.Handshake() + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        var response = await caller.ReadResponseAsync();
        Assert.Equal((status, "close"), (response.Status, response.Headers["Connection"]));
        await caller.WaitForEndAsync();

        // The next one gets its own answer, by another connection.
        Assert.Equal("own", (await RawHttpClient.ExchangeAsync(door.Endpoint, Door.NextRequest)).Text);
        Assert.Equal(["/ws", "/next"], (await door.SeenAsync()).Select(static request => request.Target));
    }

    [Fact]
    public async Task Where_the_route_switches_to_nothing_the_request_is_an_ordinary_one()
    {
        await using var door = await Door.OpenAsync();
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Switching.Handshake());
        Assert.Equal(200, (await caller.ReadResponseAsync()).Status);
        var seen = Assert.Single(await door.SeenAsync()).Headers;
        Assert.Equal((null, null), (seen["Upgrade"], seen["Connection"]));
    }

    [Theory]
    [InlineData("Connection: Upgrade\r\nUpgrade: h2c\r\n", "")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket/13\r\n", "")]
    [InlineData("Connection: Upgrade\r\nUpgrade: web socket\r\n", "")]
    [InlineData("Connection: Upgrade\r\n", "")]
    [InlineData("Upgrade: websocket\r\n", "")]
    [InlineData("Connection: close\r\nUpgrade: websocket\r\n", "")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n", "abc")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("Connection: Upgrade, X-Hop\r\nUpgrade: websocket\r\nX-Hop: 1\r\n", "")]
    public async Task What_asks_for_no_switch_that_there_is_stays_HTTP(string lines, string body)
    {
        await using var door = await Door.OpenAsync(route: Switching.Route);
        var outcome = await door.AttackAsync(
            $"GET / HTTP/1.1\r\nHost: a\r\n{lines}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Switching.Key}\r\n\r\n{body}");
        Assert.Equal(200, outcome.Responses[0].Status);
        var seen = (await door.SeenAsync())[0];
        Assert.Equal((null, null, null), (seen.Headers["Upgrade"], seen.Headers["Connection"], seen.Headers["X-Hop"]));
        Assert.Equal(body.Length > 0, seen.Text.EndsWith("abc", StringComparison.Ordinal)
            || seen.Text.EndsWith("3\r\nabc\r\n0\r\n\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "Sec-WebSocket-Version: 13\r\n")]
    [InlineData("GET", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    [InlineData("GET", "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    [InlineData("GET", "Sec-WebSocket-Version: 13, 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    [InlineData("GET", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    [InlineData("GET", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n")]
    [InlineData("GET", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=\r\n")]
    [InlineData("GET", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \r\n")]
    [InlineData("GET", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    [InlineData("POST", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    [InlineData("HEAD", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    public async Task A_malformed_handshake_is_refused_and_ends_the_connection(string method, string lines)
    {
        await using var door = await Door.OpenAsync(route: Switching.Route);
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(
            $"{method} / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{lines}\r\n" + Door.NextRequest);
        var response = await caller.ReadResponseAsync(method);
        Assert.Equal((400, "13", "close"), (
            response.Status, response.Headers["Sec-WebSocket-Version"], response.Headers["Connection"]));
        await caller.WaitForEndAsync();
        Assert.Empty(await door.SeenAsync());
    }

    [Theory]
    [InlineData("Upgrade: websocket, h2c")]
    [InlineData("Upgrade: h2c, WebSocket")]
    [InlineData("Upgrade: h2c\r\nUpgrade: websocket")]
    public async Task Of_several_protocols_the_one_is_asked_for_that_the_route_has(string lines)
    {
        await using var door = await Door.OpenAsync(
            route: Switching.Route, scripts: Switching.Upstream(static _ => Task.CompletedTask));
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(
            Switching.Handshake().Replace("Upgrade: websocket", lines, StringComparison.Ordinal));
        Assert.Equal(101, (await caller.ReadHeadAsync()).Status);
        await caller.WaitForEndAsync();
        Assert.Equal(["websocket"], Assert.Single(await door.SeenAsync()).Headers.All("Upgrade"));
    }

    [Theory]
    [InlineData("Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n")]
    [InlineData("Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n")]
    [InlineData("Upgrade: websocket\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n")]
    [InlineData("Upgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n")]
    [InlineData("Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Accept: {accept}\r\n")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\n")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {accept}\r\n")]
    public async Task A_switch_that_is_not_what_was_asked_for_is_a_failure_of_the_upstream(string lines)
    {
        await using var door = await Door.OpenAsync(
            route: Switching.Route, upstream: "breaker: { failures: 1 }",
            scripts: async connection =>
            {
                var request = await connection.ReadRequestHeadAsync();
                var accept = Core.Http.WebSocketHandshake.AcceptOf(request!.Headers["Sec-WebSocket-Key"]!);
                await connection.SendAsync(
                    $"HTTP/1.1 101 Odd\r\n{lines.Replace("{accept}", accept, StringComparison.Ordinal)}\r\n" +
                    "HTTP/1.1 200 OK\r\n\r\n");
                await connection.ReadToEndAsync();
            });
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Switching.Handshake());
        var response = await caller.ReadResponseAsync();
        Assert.Equal(502, response.Status);
        Assert.Contains("upstream_upgrade_invalid", response.Text, StringComparison.Ordinal);
        Assert.Contains("http_upgrade_failed", response.Headers["Proxy-Status"], StringComparison.Ordinal);
        await door.Upstream.WaitForEndedAsync(1);

        // It counts: the circuit is open.
        var next = await RawHttpClient.ExchangeAsync(door.Endpoint, Door.NextRequest);
        Assert.Contains("upstream_circuit_open", next.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_switch_that_nobody_asked_for_is_a_failure_as_before()
    {
        await using var door = await Door.OpenAsync(route: Switching.Route, scripts: async static connection =>
        {
            await connection.ReadRequestHeadAsync();
            await connection.SendAsync("HTTP/1.1 101 Odd\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
            await connection.ReadToEndAsync();
        });
        Assert.Equal(502, (await RawHttpClient.ExchangeAsync(door.Endpoint, Door.NextRequest)).Status);
    }

    [Fact]
    public async Task Other_protocols_pass_as_they_are()
    {
        await using var door = await Door.OpenAsync(
            route: "upgrade: { protocols: [echo/1, websocket] }",
            scripts: async static connection =>
            {
                var request = await connection.ReadRequestHeadAsync();
                Assert.Equal("echo/1", request!.Headers["Upgrade"]);
                await connection.SendAsync("HTTP/1.1 101 Yes\r\nconnection: x, upgrade\r\nupgrade: Echo/1\r\nx: 1\r\n\r\n");
                await Switching.EchoAsync(connection);
            });
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n");
        var head = await caller.ReadHeadAsync();
        Assert.Equal((101, "echo/1", null), (head.Status, head.Headers["Upgrade"], head.Headers["x"]));
        await caller.SendAsync("hello");
        Assert.Equal("hello", Encoding.Latin1.GetString(await caller.ReadExactAsync(5)));
    }
}
