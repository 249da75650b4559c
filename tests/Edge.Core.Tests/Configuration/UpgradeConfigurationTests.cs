using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>Upgrades, and the gateway's protection of itself, in the file.</summary>
public sealed class UpgradeConfigurationTests
{
    [Theory]
    [InlineData("{ protocols: [] }", "the list is empty")]
    [InlineData("{ protocols: [websocket, websocket] }", "'websocket' is in this list already")]
    [InlineData("{ protocols: [WebSocket] }", "'WebSocket' is not in lower case; write websocket")]
    [InlineData("{ protocols: [\"web socket\"] }", "'web socket' is not a protocol")]
    [InlineData("{ protocols: [\"a/\"] }", "'a/' is not a protocol")]
    [InlineData("{ protocols: [h2c] }", "'h2c' would carry requests past the gateway's rules")]
    [InlineData("{ protocols: [\"http/2.0\"] }", "'http/2.0' would carry requests past the gateway's rules")]
    [InlineData("{ protocols: [\"tls/1.0\"] }", "'tls/1.0' would carry requests past the gateway's rules")]
    [InlineData("{ idle: 0s }", "'0s' is out of range")]
    [InlineData("{ total: soon }", "'soon' is not a duration")]
    [InlineData("{ protocol: websocket }", "unknown key 'protocol'; did you mean 'protocols'?")]
    [InlineData("{}, match: { methods: [POST] }", "WebSocket begins with GET")]
    [InlineData("{}, limits: [{ name: t, per: ip, tokens: 10, window: 1m }]", "the route has limits of tokens or money")]
    [InlineData("{}, validate: { schema: openai-chat }", "the route has validate")]
    [InlineData("{}, rewrite: [{ set: { a: 1 } }]", "the route has rewrite")]
    [InlineData("{}, cache: { ttl: 5m, scope: public }", "the route has cache")]
    public void Wrong_upgrades_are_told(string upgrade, string error) =>
        Assert.Contains(error, Assert.Single(Load(upgrade).Diagnostics).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_left_out_is_WebSocket_for_a_minute_without_a_byte_and_an_hour_in_all()
    {
        var plan = Load("{}").Plan!.Routes[0].Upgrade!;
        Assert.Equal(["websocket"], plan.Protocols);
        Assert.Equal((60, 3600), (plan.Idle.TotalSeconds, plan.Total.TotalSeconds));
        Assert.Null(Load(null).Plan!.Routes[0].Upgrade);
    }

    [Fact]
    public void What_is_written_holds()
    {
        var plan = Load("{ protocols: [echo/1, websocket], idle: 5s, total: 90m }, match: { methods: [POST] }")
            .Plan!.Routes[0].Upgrade!;
        Assert.Equal(["echo/1", "websocket"], plan.Protocols);
        Assert.Equal((5, 90), (plan.Idle.TotalSeconds, plan.Total.TotalMinutes));
    }

    [Theory]
    [InlineData("protocol:", "is no beginning of a protocol's name")]
    [InlineData("protocol:a b", "is no beginning of a protocol's name")]
    public void A_wrong_place_among_protocols_is_told(string place, string error)
    {
        var result = Load($"{{}}, authenticate: {{ with: [consumers], from: [\"{place}\"] }}", Consumers);
        Assert.Contains(error, Assert.Single(result.Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_credential_may_stand_behind_the_beginning_of_a_protocol()
    {
        var plan = Load("{}, authenticate: { with: [consumers], from: [\"protocol:key.\"] }", Consumers).Plan!;
        Assert.Equal(
            new CredentialPlace(CredentialPlaceKind.Protocol, "key."), plan.Routes[0].Authenticate!.From.Single());
    }

    [Theory]
    [InlineData("memory: { limit: 1MiB }", "'1MiB' is out of range")]
    [InlineData("memory: { shedAt: 101% }", "'101%' is not a share")]
    [InlineData("memory: { shedAt: 0.8 }", "'0.8' is not a share")]
    [InlineData("memory: { shedat: 80% }", "unknown key 'shedat'; did you mean 'shedAt'?")]
    public void Wrong_memory_settings_are_told(string top, string error) =>
        Assert.Contains(error, Assert.Single(Load(null, top).Diagnostics).Message, StringComparison.Ordinal);

    [Fact]
    public void Memory_is_that_of_the_system_and_the_mark_stands_at_85_percent()
    {
        Assert.Equal(MemoryPlan.Default, Load(null).Plan!.Memory);
        Assert.Equal(new MemoryPlan(512 * 1024 * 1024, 0.7), Load(null, "memory: { limit: 512MiB, shedAt: 70% }").Plan!.Memory);
    }

    [Theory]
    [InlineData("0", "'0' is out of range")]
    [InlineData("many", "'many' is not a whole number")]
    public void A_wrong_number_of_connections_is_told(string count, string error) => Assert.Contains(
        error, Assert.Single(Load(null, listener: $", connectionsPerAddress: {count}").Diagnostics).Message,
        StringComparison.Ordinal);

    [Fact]
    public void One_address_may_have_all_connections_unless_the_file_says_otherwise()
    {
        Assert.Null(Load(null).Plan!.Listeners[0].ConnectionsPerAddress);
        Assert.Equal(7, Load(null, listener: ", connectionsPerAddress: 7").Plan!.Listeners[0].ConnectionsPerAddress);
    }

    private const string Consumers =
        "identity: { consumers: { a: { apiKeys: [{ name: k, sha256: " +
        "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\" }] } } }";

    private static ConfigurationResult Load(string? upgrade, string top = "", string listener = "") =>
        ConfigurationLoader.LoadText(
        $$"""
        listeners: [{ address: "127.0.0.1:0"{{listener}} }]
        upstreams: { it: { dialect: openai, targets: ["http://127.0.0.1:1"] } }
        routes: [{ name: r, upstream: it{{(upgrade is null ? "" : ", upgrade: " + upgrade)}} }]
        {{top}}
        """, "edge.yaml", SystemConfigurationSource.Instance);
}
