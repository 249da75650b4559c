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

    private static string Bearer(string token) => $"Authorization: Bearer {token}\r\n";

    /// <summary>A clock on the wall that can be put forward.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
