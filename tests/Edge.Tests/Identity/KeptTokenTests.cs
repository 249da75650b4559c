using Edge.Core.Configuration;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Identity;

/// <summary>
/// Requests of one connection: what one of them has brought is remembered for the next, and for that one only where it says the
/// very same.
/// </summary>
public sealed class KeptTokenTests
{
    private const string Who = ", request: { headers: { set: { X-Who: \"{caller.id}\", X-Dept: \"{caller.claims.dept}\" } } }";

    [Fact]
    public async Task Each_request_of_a_connection_is_its_own_callers()
    {
        await using var door = await Consumers.OpenAsync(route: Who);
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        var (sales, lab) = (Consumers.Token(claims: "dept=sales"), Consumers.Token(claims: "dept=lab"));
        var steps = new (string Headers, int Status, string? Who)[]
        {
            (Bearer(sales), 200, "ann sales"),
            (Bearer(sales), 200, "ann sales"),
            (Bearer(sales), 200, "ann sales"),
            (Bearer(lab), 200, "ann lab"),
            (Bearer(lab), 200, "ann lab"),
            (Bearer(sales), 200, "ann sales"),
            ("", 401, null),
            (Bearer(sales), 200, "ann sales"),
            (Bearer(sales[..^1] + (sales[^1] == 'A' ? 'B' : 'A')), 401, null),
            (Bearer(sales), 200, "ann sales"),
            (Bearer(sales) + $"X-Api-Key: {lab}\r\n", 400, null),
            (Bearer(sales) + Bearer(lab), 400, null),
            (Bearer(sales) + Bearer(sales), 200, "ann sales"),
            (Bearer(sales) + $"X-Api-Key: {sales}\r\n", 200, "ann sales"),
            ($"X-Api-Key: {lab}\r\n", 200, "ann lab"),
            ($"X-Api-Key: {Consumers.BobKey}\r\n", 200, "bob "),
            (Bearer(sales), 200, "ann sales"),
        };
        foreach (var (headers, status, _) in steps)
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
            Assert.Equal((headers, status), (headers, (await client.ReadResponseAsync("GET")).Status));
        }

        Assert.Equal(
            from step in steps where step.Who is not null select step.Who,
            from request in await door.SeenAsync() select $"{request.Headers["X-Who"]} {request.Headers["X-Dept"]}");
    }

    [Fact]
    public async Task A_token_that_is_remembered_ends_with_its_time()
    {
        var time = new ShiftedTime();
        await using var door = await Door.OpenAsync(
            route: "authenticate: { with: [consumers] }", top: Consumers.Lines, time: time);
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        var request = $"GET / HTTP/1.1\r\nHost: a\r\n{Bearer(Consumers.Token(TimeSpan.FromMinutes(5)))}\r\n";
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(request);
            Assert.Equal(200, (await client.ReadResponseAsync("GET")).Status);
        }

        time.Shift = TimeSpan.FromMinutes(6);
        await client.SendAsync(request);
        Assert.Equal(401, (await client.ReadResponseAsync("GET")).Status);
        Assert.Contains(door.Gateway.Gateway.Counters.Refusals, static r => r is { Key: "expired", Value: 1 });
    }

    [Fact]
    public async Task Routes_that_look_in_different_places_see_different_callers_in_the_same_text()
    {
        await using var behind = ScriptedUpstream.Start(Door.Answering(ScriptedUpstream.Ok("ok")));
        await using var door = await RunningGateway.StartAsync(Routes(behind.Url, Consumers.Lines));
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        var cookies = $"Cookie: a={Consumers.Token(claims: "dept=sales")}; b={Consumers.Token(claims: "dept=lab")}\r\n";
        foreach (var path in (string[])["/a", "/a", "/b", "/b", "/a"])
        {
            var dept = path == "/a" ? "sales" : "lab";
            await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n{cookies}\r\n");
            Assert.Equal((path, dept), (path, (await client.ReadResponseAsync("GET")).Headers["X-Dept"]));
        }
    }

    [Fact]
    public async Task A_caller_that_is_no_longer_in_the_file_is_remembered_by_no_connection()
    {
        await using var behind = ScriptedUpstream.Start(Door.Answering(ScriptedUpstream.Ok("ok")));
        await using var door = await RunningGateway.StartAsync(Routes(behind.Url, Consumers.Lines));
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        var request = $"GET /a HTTP/1.1\r\nHost: a\r\nCookie: a={Consumers.Token(claims: "dept=sales")}\r\n\r\n";
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(request);
            Assert.Equal(200, (await client.ReadResponseAsync("GET")).Status);
        }

        var without = ConfigurationLoader.LoadText(
            Routes(behind.Url, Consumers.Lines.Replace("ann", "eve", StringComparison.Ordinal)),
            "edge.yaml",
            SystemConfigurationSource.Instance);
        Assert.Empty(without.Diagnostics);
        door.Gateway.Reload(without.Plan!);
        await client.SendAsync(request);
        Assert.Equal(401, (await client.ReadResponseAsync("GET")).Status);
    }

    private static string Routes(Uri upstream, string identity) =>
        $$"""
        listeners: [{ address: "127.0.0.1:0" }]
        upstreams: { it: { targets: ["{{upstream}}"] } }
        routes:
          - name: a
            match: { path: /a }
            authenticate: { with: [consumers], from: ["cookie:a"] }
            response: { headers: { set: { X-Dept: "{caller.claims.dept}" } } }
            upstream: it
          - name: b
            match: { path: /b }
            authenticate: { with: [consumers], from: ["cookie:b"] }
            response: { headers: { set: { X-Dept: "{caller.claims.dept}" } } }
            upstream: it
        {{identity}}
        """;

    private static string Bearer(string token) => $"Authorization: Bearer {token}\r\n";

    /// <summary>A clock on the wall that can be put forward.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
