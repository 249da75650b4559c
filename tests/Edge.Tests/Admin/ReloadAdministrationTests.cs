using System.Net;
using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Admin;

/// <summary>The configuration is read again because an administrator asks for it.</summary>
public sealed class ReloadAdministrationTests
{
    [Fact]
    public async Task A_right_file_comes_into_force_and_a_wrong_one_does_not_and_all_its_errors_are_told()
    {
        await using var first = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("first")));
        await using var second = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("second")));
        await using var edge = await EdgeProcess.RunAsync(Configuration(first));
        var admin = new IPEndPoint(IPAddress.Loopback, edge.Admin!.Port);
        using (var state = JsonDocument.Parse((await AskAsync(admin, "GET", "/state")).Text))
        {
            Assert.False(state.RootElement.TryGetProperty("reload", out _));
        }

        // A file changed in place is taken once it has rested; who asks for it does not wait.
        await WriteAsync(edge, Configuration(second));
        var reloaded = await AskAsync(admin, "POST", "/reload");
        Assert.Equal((200, "application/json"), (reloaded.Status, reloaded.Headers["Content-Type"]));
        Assert.Equal(["reloaded", "administrator", "1 routes, 1 upstreams"], Told(reloaded.Text, "detail"));
        Assert.Equal("second", (await CallAsync(edge)).Text);

        await WriteAsync(edge, Configuration(first).Replace("routes:", "rutes:", StringComparison.Ordinal));
        var failed = await AskAsync(admin, "POST", "/reload");
        Assert.Equal(422, failed.Status);
        using (var state = JsonDocument.Parse((await AskAsync(admin, "GET", "/state")).Text))
        {
            // The watcher, too, reads the file once it has rested.
            var reload = state.RootElement.GetProperty("reload");
            Assert.Equal("failed", reload.GetProperty("outcome").GetString());
            var errors = reload.GetProperty("errors").EnumerateArray().Select(static error => error.GetString()!).ToArray();
            Assert.Contains(errors, static error => error.Contains("did you mean 'routes'?", StringComparison.Ordinal));
            Assert.Contains("rutes", failed.Text, StringComparison.Ordinal);
        }

        Assert.Equal("second", (await CallAsync(edge)).Text);
    }

    [Theory]
    [InlineData("GET", "token", 405)]
    [InlineData("POST", "wrong", 401)]
    [InlineData("POST", "", 401)]
    [InlineData("POST", "token", 409)]
    public async Task Only_who_may_does_it_by_POST_and_where_there_is_a_file(string method, string token, int status)
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        await using var gateway = await RunningGateway.StartAsync(Configuration(upstream));
        var admin = new IPEndPoint(IPAddress.Loopback, gateway.Gateway.AdminEndpoint!.Port);
        Assert.Equal(status, (await AskAsync(admin, method, "/reload", token)).Status);
    }

    private static string[] Told(string json, string last)
    {
        using var document = JsonDocument.Parse(json);
        return Array.ConvertAll<string, string>(
            ["outcome", "cause", last], name => document.RootElement.GetProperty(name).GetString()!);
    }

    private static Task WriteAsync(EdgeProcess edge, string configuration) =>
        File.WriteAllTextAsync(edge.ConfigurationPath, configuration, TestContext.Current.CancellationToken);

    private static Task<RawResponse> CallAsync(EdgeProcess edge) =>
        RawHttpClient.ExchangeAsync(edge.Endpoint, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    private static Task<RawResponse> AskAsync(IPEndPoint admin, string method, string target, string token = "token") =>
        RawHttpClient.ExchangeAsync(
            admin,
            $"{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n" +
            "Connection: close\r\n\r\n");

    private static string Configuration(ScriptedUpstream upstream) =>
        $$"""
        listeners: [{ address: "127.0.0.1:0" }]
        admin: { address: "127.0.0.1:0", token: token }
        upstreams: { it: { targets: ["{{upstream.Url}}"] } }
        routes: [{ name: all, upstream: it }]
        """;
}
