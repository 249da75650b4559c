using System.Net;
using System.Text.Json;
using Edge.Tests.Support;
using Edge.Transport;

namespace Edge.Tests.Admin;

public sealed class AdminListenerTests
{
    private const string Configuration = """
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0, token: "${ADMIN_TOKEN}" }
        upstreams:
          origin: { targets: ["http://127.0.0.1:1"] }
        routes:
          - { name: all, match: { path: "/*" }, upstream: origin }
        """;

    private static readonly Dictionary<string, string> Token = new(StringComparer.Ordinal) { ["ADMIN_TOKEN"] = "open sesame" };

    [Fact]
    public async Task Health_and_readiness_need_no_token()
    {
        await using var edge = await EdgeProcess.RunAsync(Configuration, Token);
        Assert.Equal((200, "ok\n"), await AskAsync(edge, "GET /healthz", ""));
        Assert.Equal((200, "ok\n"), await AskAsync(edge, "GET /readyz", ""));
        Assert.Equal(404, (await AskAsync(edge, "GET /", "")).Status);
        Assert.Equal(405, (await AskAsync(edge, "POST /healthz", "Content-Length: 0\r\n")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Authorization: Bearer wrong\r\n")]
    [InlineData("Authorization: Bearer open sesame2\r\n")]
    [InlineData("Authorization: open sesame\r\n")]
    public async Task The_state_is_not_told_without_the_token(string header)
    {
        await using var edge = await EdgeProcess.RunAsync(Configuration, Token);
        Assert.Equal((401, "unauthorized\n"), await AskAsync(edge, "GET /state", header));
    }

    [Fact]
    public async Task The_state_counts_requests_failures_and_connections()
    {
        await using var edge = await EdgeProcess.RunAsync(Configuration, Token);
        await using (var caller = await RawHttpClient.ConnectAsync(edge.Endpoint))
        {
            await caller.SendAsync("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(502, (await caller.ReadResponseAsync("GET")).Status);
        }

        var (status, text) = await AskAsync(edge, "GET /state", "Authorization: Bearer open sesame\r\n");
        Assert.Equal(200, status);
        using var json = JsonDocument.Parse(text);
        var requests = json.RootElement.GetProperty("requests");
        Assert.True(json.RootElement.GetProperty("ready").GetBoolean());
        Assert.Equal(IoRing.TryCreate() is not null, json.RootElement.GetProperty("ioUring").GetBoolean());
        Assert.Equal(1, requests.GetProperty("begun").GetInt32());
        Assert.Equal(0, requests.GetProperty("running").GetInt32());
        Assert.Equal(1, requests.GetProperty("failed").GetProperty("upstream_connection_refused").GetInt32());
        var target = json.RootElement.GetProperty("upstreams")[0].GetProperty("targets")[0];
        Assert.Equal("127.0.0.1:1", target.GetProperty("authority").GetString());
        Assert.Equal(0, target.GetProperty("connections").GetInt32());
    }

    private static async Task<(int Status, string Body)> AskAsync(EdgeProcess edge, string line, string headers)
    {
        await using var client = await RawHttpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, edge.Admin!.Port));
        await client.SendAsync($"{line} HTTP/1.1\r\nHost: admin\r\n{headers}\r\n");
        var response = await client.ReadResponseAsync("GET");
        return (response.Status, response.Text);
    }
}
