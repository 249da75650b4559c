using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Issuers;

public sealed class ResourceMetadataTests
{
    private const string Configuration = """
        listeners: [{ address: 127.0.0.1:0 }]
        identity:
          issuers:
            one: { issuer: "http://127.0.0.1:1/one" }
            two: { issuer: "http://127.0.0.1:1/two", audience: api }
        upstreams:
          origin: { targets: ["http://127.0.0.1:1"] }
        routes:
          - name: mcp
            match: { path: /mcp }
            authenticate: { with: [one], resource: { identifier: "https://api.example.com/mcp", scopesSupported: [mcp.all] } }
            authorize: { scopes: [mcp.read] }
            upstream: origin
          - name: admin
            match: { path: "/mcp/admin/*" }
            authenticate: { with: [one, two], resource: { identifier: "https://api.example.com/mcp", name: "Our \"MCP\"" } }
            authorize: { scopes: [mcp.read, mcp.write] }
            upstream: origin
          - name: root
            match: { hosts: [root.example.com] }
            authenticate: { with: [two], resource: { identifier: "https://Root.example.com" } }
            upstream: origin
          - name: plain
            match: { path: /plain }
            authenticate: { with: [two] }
            upstream: origin
        """;

    [Fact]
    public async Task A_resource_says_who_gives_tokens_for_it()
    {
        await using var gateway = await RunningGateway.StartAsync(Configuration);
        var answer = await AskAsync(gateway, "GET", "/.well-known/oauth-protected-resource/mcp", "api.example.com");
        Assert.Equal((200, "application/json", "*"),
            (answer.Status, answer.Headers["Content-Type"], answer.Headers["Access-Control-Allow-Origin"]));
        using var json = JsonDocument.Parse(answer.Text);
        Assert.Equal("https://api.example.com/mcp", json.RootElement.GetProperty("resource").GetString());
        Assert.Equal(["http://127.0.0.1:1/one", "http://127.0.0.1:1/two"], List(json, "authorization_servers"));
        Assert.Equal(["mcp.read", "mcp.all", "mcp.write"], List(json, "scopes_supported"));
        Assert.Equal(["header"], List(json, "bearer_methods_supported"));
        Assert.Equal("Our \"MCP\"", json.RootElement.GetProperty("resource_name").GetString());
        Assert.False(json.RootElement.TryGetProperty("resource_documentation", out _));
    }

    [Fact]
    public async Task A_resource_without_a_path_has_its_metadata_at_the_root_and_no_empty_members()
    {
        await using var gateway = await RunningGateway.StartAsync(Configuration);
        var answer = await AskAsync(gateway, "GET", "/.well-known/oauth-protected-resource", "ROOT.example.com:8443");
        using var json = JsonDocument.Parse(answer.Text);
        Assert.Equal("https://Root.example.com", json.RootElement.GetProperty("resource").GetString());
        Assert.False(json.RootElement.TryGetProperty("scopes_supported", out _));
    }

    [Theory]
    [InlineData("/.well-known/oauth-protected-resource/mcp", "other.example.com", 404)]
    [InlineData("/.well-known/oauth-protected-resource/mcp/", "api.example.com", 404)]
    [InlineData("/.well-known/oauth-protected-resource/mcp/admin", "api.example.com", 404)]
    [InlineData("/.well-known/oauth-protected-resource", "api.example.com", 404)]
    [InlineData("/.well-known/oauth-protected-resources", "root.example.com", 401)]
    [InlineData("/x/../.well-known/oauth-protected-resource/mcp", "api.example.com", 200)]
    public async Task Nothing_but_a_resources_own_host_and_path_leads_to_its_metadata(string path, string host, int status)
    {
        await using var gateway = await RunningGateway.StartAsync(Configuration);
        Assert.Equal(status, (await AskAsync(gateway, "GET", path, host)).Status);
    }

    [Fact]
    public async Task Metadata_is_read_only_and_pages_of_any_origin_may_read_it()
    {
        const string path = "/.well-known/oauth-protected-resource/mcp";
        await using var gateway = await RunningGateway.StartAsync(Configuration);
        var head = await AskAsync(gateway, "HEAD", path, "api.example.com");
        Assert.Equal((200, ""), (head.Status, head.Text));
        var preflight = await AskAsync(gateway, "OPTIONS", path, "api.example.com");
        Assert.Equal((204, "*", "*"), (preflight.Status, preflight.Headers["Access-Control-Allow-Origin"],
            preflight.Headers["Access-Control-Allow-Headers"]));
        var post = await AskAsync(gateway, "POST", path, "api.example.com");
        Assert.Equal((405, "GET, HEAD, OPTIONS"), (post.Status, post.Headers["Allow"]));
    }

    [Theory]
    [InlineData("/mcp", "api.example.com",
        "Bearer realm=\"edge\", scope=\"mcp.read\", " +
        "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/mcp\"")]
    [InlineData("/x", "root.example.com",
        "Bearer realm=\"edge\", resource_metadata=\"https://Root.example.com/.well-known/oauth-protected-resource\"")]
    [InlineData("/plain", "api.example.com", "Bearer realm=\"edge\"")]
    public async Task A_401_says_where_the_metadata_is(string path, string host, string challenge)
    {
        await using var gateway = await RunningGateway.StartAsync(Configuration);
        var answer = await AskAsync(gateway, "GET", path, host);
        Assert.Equal((401, challenge), (answer.Status, answer.Headers["WWW-Authenticate"]));
    }

    [Fact]
    public async Task The_state_tells_of_an_issuer_that_cannot_be_reached_and_a_reload_keeps_the_others()
    {
        await using var gateway = await RunningGateway.StartAsync(Configuration);
        var before = gateway.Gateway.Issuers;
        Assert.Equal(["one", "two"], before.Select(static issuer => issuer.Source.Name));
        var changed = Configuration.Replace("audience: api", "audience: changed", StringComparison.Ordinal)
            .Replace("127.0.0.1:1/one", "127.0.0.1:1/three", StringComparison.Ordinal);
        var plan = Core.Configuration.ConfigurationLoader.LoadText(
            changed, "edge.yaml", Core.Configuration.SystemConfigurationSource.Instance).Plan!;
        gateway.Gateway.Reload(plan);
        var after = gateway.Gateway.Issuers;
        Assert.Equal("http://127.0.0.1:1/three", after[0].Source.Issuer);
        Assert.NotSame(before[0], after[0]);
        Assert.Same(before[1], after[1]);
        Assert.Equal(after, gateway.Gateway.Snapshot.Issuers);
        Assert.Null(after[1].Keys);
    }

    private static List<string?> List(JsonDocument json, string name) =>
        [.. json.RootElement.GetProperty(name).EnumerateArray().Select(static item => item.GetString())];

    private static async Task<RawResponse> AskAsync(RunningGateway gateway, string method, string path, string host)
    {
        await using var client = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await client.SendAsync($"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
        return await client.ReadResponseAsync(method);
    }
}
