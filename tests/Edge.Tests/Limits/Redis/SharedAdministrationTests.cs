using System.Net;
using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Limits.Redis;

/// <summary>Counts that several gateways share, read and changed over one of them.</summary>
public sealed class SharedAdministrationTests
{
    private const string Who = "&by=anna&reason=test";
    private const string Window = "limits: [{ name: w, per: global, requests: 9, window: day }]";
    private const string Bucket = "limits: [{ name: w, per: global, requests: 9, window: 10h }]";

    [Theory]
    [InlineData(Window)]
    [InlineData(Bucket)]
    public async Task What_one_gateway_is_told_to_give_back_all_have(string limits)
    {
        await using var fleet = await SharedFleet.StartAsync(3, limits);
        await UseUpAsync(fleet);
        Assert.Equal(429, await GetAsync(fleet, 1));

        // The third gateway looks, the first is told, and the second lets in.
        var state = await ReadAsync(fleet[2], "GET", "/limits?route=all&limit=w");
        Assert.Equal(("redis", 0), (state.GetProperty("countedBy").GetString(), state.GetProperty("remaining").GetInt32()));
        state = await ReadAsync(fleet[0], "POST", $"/limits/grant?route=all&limit=w&amount=2{Who}");
        Assert.Equal((2, 2), (state.GetProperty("givenBack").GetInt32(), state.GetProperty("remaining").GetInt32()));
        await SharedFleet.UntilAsync(async () => await GetAsync(fleet, 1) == 200);
        await SharedFleet.UntilAsync(async () => await GetAsync(fleet, 2) == 200);
        Assert.Equal(429, await GetAsync(fleet, 0));

        state = await ReadAsync(fleet[1], "POST", $"/limits/reset?route=all&limit=w{Who}");
        Assert.Equal((9, 9), (state.GetProperty("givenBack").GetInt32(), state.GetProperty("remaining").GetInt32()));
        await UseUpAsync(fleet);
    }

    [Fact]
    public async Task A_key_that_this_gateway_never_saw_is_found_in_the_store()
    {
        await using var fleet = await SharedFleet.StartAsync(2, Window);
        for (var i = 0; i < 4; i++) Assert.Equal(200, await GetAsync(fleet, 0));
        await fleet[0].Gateway.DrainAsync();
        var state = await ReadAsync(fleet[1], "GET", "/limits?route=all&limit=w");
        Assert.Equal(5, state.GetProperty("remaining").GetInt32());
        state = await ReadAsync(fleet[1], "POST", $"/limits/grant?route=all&limit=w&amount=1000{Who}");
        Assert.Equal((4, 9), (state.GetProperty("givenBack").GetInt32(), state.GetProperty("remaining").GetInt32()));
    }

    [Theory]
    [InlineData(Window)]
    [InlineData(Bucket)]
    public async Task Looking_changes_nothing(string limits)
    {
        await using var fleet = await SharedFleet.StartAsync(2, limits);
        for (var i = 0; i < 9; i++)
        {
            // Where little is left, a gateway lets a moment pass before it draws again.
            await SharedFleet.UntilAsync(async () => await GetAsync(fleet, i % 2) == 200);
            var state = await ReadAsync(fleet[i % 2], "GET", "/limits?route=all&limit=w");
            Assert.Equal("redis", state.GetProperty("countedBy").GetString());
        }

        for (var i = 0; i < 4; i++) Assert.Equal(429, await GetAsync(fleet, i % 2));
    }

    [Fact]
    public async Task Without_the_store_nothing_is_changed_and_this_is_said()
    {
        await using var fleet = await SharedFleet.StartAsync(1, Window, whenDown: "open");
        Assert.Equal(200, await GetAsync(fleet, 0));
        await fleet.StopStoreAsync();
        await SharedFleet.UntilAsync(() => fleet[0].Gateway.IsStoreAway);
        var answer = await AskAsync(fleet[0], "POST", $"/limits/reset?route=all&limit=w{Who}");
        Assert.Equal((503, "redis is away, and nothing was changed\n"), (answer.Status, answer.Text));
        var state = await ReadAsync(fleet[0], "GET", "/limits?route=all&limit=w");
        Assert.Equal("replica", state.GetProperty("countedBy").GetString());
    }

    [Fact]
    public async Task Requests_wait_for_a_look_as_for_a_draw()
    {
        await using var fleet = await SharedFleet.StartAsync(1, "limits: [{ name: w, per: global, requests: 400, window: 1h }]");
        var looks = Enumerable.Range(0, 20).Select(_ => ReadAsync(fleet[0], "GET", "/limits?route=all&limit=w"));
        var requests = Enumerable.Range(0, 100).Select(_ => GetAsync(fleet, 0));
        await Task.WhenAll(looks.Select(static look => (Task)look).Concat(requests.Select(async request =>
            Assert.Equal(200, await request))));
    }

    // Where little is left, a gateway lets a moment pass before it draws again, and says 429 until then.
    private static async Task UseUpAsync(SharedFleet fleet)
    {
        var let = 0;
        await SharedFleet.UntilAsync(async () =>
        {
            for (var i = 0; i < 3; i++) let += await GetAsync(fleet, i) == 200 ? 1 : 0;
            return let >= 9;
        });
        for (var i = 0; i < 9; i++) let += await GetAsync(fleet, i % 3) == 200 ? 1 : 0;
        Assert.Equal(9, let);
    }

    private static async Task<int> GetAsync(SharedFleet fleet, int index) => (await RawHttpClient.ExchangeAsync(
        fleet[index].Endpoint, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).Status;

    private static async Task<RawResponse> AskAsync(RunningGateway gateway, string method, string target)
    {
        await using var client = await RawHttpClient.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, gateway.Gateway.AdminEndpoint!.Port));
        var length = method == "GET" ? "" : "Content-Length: 0\r\n";
        await client.SendAsync($"{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n{length}\r\n");
        return await client.ReadResponseAsync(method);
    }

    private static async Task<JsonElement> ReadAsync(RunningGateway gateway, string method, string target)
    {
        var answer = await AskAsync(gateway, method, target);
        Assert.True(answer.Status == 200, answer.Text);
        using var json = JsonDocument.Parse(answer.Text);
        return json.RootElement.Clone();
    }
}
