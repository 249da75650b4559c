using System.Net;
using Edge.Tests.Support;
using Edge.Tests.Upgrades;
using Edge.Transport;

namespace Edge.Tests.Callers;

/// <summary>How many connections a listener takes, altogether and from one address.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData("connectionsPerAddress: 2", 0, 1)]
    [InlineData("connectionsMax: 2", 1, 0)]
    [InlineData("connectionsMax: 2, connectionsPerAddress: 2", 1, 0)]
    public async Task One_more_than_may_be_is_closed_at_once_and_counted(string listener, int inAll, int byAddress)
    {
        await using var door = await Door.OpenAsync(listener);
        await using var first = await RawHttpClient.ConnectAsync(door.Endpoint);
        await using var second = await RawHttpClient.ConnectAsync(door.Endpoint);
        await AssertServedAsync(first);
        await AssertServedAsync(second);
        await using (var third = await RawHttpClient.ConnectAsync(door.Endpoint))
        {
            Assert.NotEqual(ConnectionEnd.Open, await third.WaitForEndAsync());
        }

        await AssertServedAsync(second);
        var gate = Assert.Single(door.Gateway.Gateway.Listeners).Gate;
        Assert.Equal((2, inAll, byAddress), (gate.Count, (int)gate.RefusedInAll, (int)gate.RefusedByAddress));

        // A place that has become free is taken again.
        first.Close();
        while (gate.Count > 1)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await using var fourth = await RawHttpClient.ConnectAsync(door.Endpoint);
        await AssertServedAsync(fourth);
    }

    [Fact]
    public async Task A_trusted_proxy_may_have_any_number()
    {
        await using var door = await Door.OpenAsync("connectionsPerAddress: 1", top: "trustedProxies: [127.0.0.1]");
        await using var first = await RawHttpClient.ConnectAsync(door.Endpoint);
        await using var second = await RawHttpClient.ConnectAsync(door.Endpoint);
        await AssertServedAsync(first);
        await AssertServedAsync(second);
    }

    [Fact]
    public async Task One_that_has_switched_protocols_counts_to_its_end()
    {
        await using var door = await Door.OpenAsync(
            "connectionsMax: 1", route: Switching.Route, scripts: Switching.Upstream(Switching.EchoAsync));
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        await using var second = await RawHttpClient.ConnectAsync(door.Endpoint);
        Assert.NotEqual(ConnectionEnd.Open, await second.WaitForEndAsync());
        await caller.SendAsync("x");
        await caller.ReadExactAsync(1);
    }

    [Fact]
    public void Addresses_count_by_themselves_and_those_of_IPv6_by_their_network()
    {
        var gate = new ConnectionGate(100, 1, static address => address.Equals(IPAddress.Loopback));
        UInt128? Key(string text) => gate.KeyOf(IPAddress.Parse(text));
        Assert.Equal(Key("10.0.0.1"), Key("::ffff:10.0.0.1"));
        Assert.NotEqual(Key("10.0.0.1"), Key("10.0.0.2"));
        Assert.Equal(Key("2001:db8:0:1::1"), Key("2001:db8:0:1:ffff::2"));
        Assert.NotEqual(Key("2001:db8:0:1::1"), Key("2001:db8:0:2::1"));
        Assert.NotEqual(Key("0.0.0.1"), Key("::1"));
        Assert.Null(Key("127.0.0.1"));
        Assert.Null(Key("::ffff:127.0.0.1"));
        Assert.True(gate.TryEnter(Key("10.0.0.1")));
        Assert.False(gate.TryEnter(Key("10.0.0.1")));
        Assert.True(gate.TryEnter(Key("10.0.0.2")));
        gate.Leave(Key("10.0.0.1"));
        Assert.True(gate.TryEnter(Key("10.0.0.1")));
        Assert.Equal((2, 1L), (gate.Count, gate.RefusedByAddress));
    }

    private static async Task AssertServedAsync(RawHttpClient client)
    {
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
    }
}
