using System.Net;
using System.Net.Sockets;
using Edge.Commands;
using Edge.Tests.Support;

namespace Edge.Tests.Hosting;

public sealed class CommandTests : IDisposable
{
    private const string Good = """
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0 }
        upstreams: { provider: { targets: ["http://127.0.0.1:9"] } }
        routes: [{ name: all, match: { path: /x }, upstream: provider }]
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("0.1.0", "edge 0.1.0")]
    [InlineData("0.1.0+abcdef1", "edge 0.1.0 (abcdef1)")]
    [InlineData("0.1.0+abcdef1234567890", "edge 0.1.0 (abcdef1)")]
    [InlineData("0.1.0-rc.1+abc", "edge 0.1.0-rc.1 (abc)")]
    public void The_version_tells_the_commit(string informational, string text) =>
        Assert.Equal(text, ProductVersion.Of(informational));

    [Fact]
    public async Task The_version_is_one_line()
    {
        var (code, output, errors) = await RunAsync("--version");
        Assert.Equal(0, code);
        Assert.Equal(ProductVersion.Text, output);
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("", "run", "demo", "check", "schema", "key", "token", "mock", "health")]
    [InlineData("key", "--name", "--expires")]
    [InlineData("token", "--config", "--consumer", "--expires", "--scope", "--claim")]
    [InlineData("run", "--config", "SIGHUP")]
    [InlineData("demo", "--port")]
    [InlineData("check", "--config")]
    [InlineData("schema", "JSON Schema")]
    [InlineData("mock", "--port")]
    [InlineData("health", "--url", "--config")]
    public async Task Every_command_has_help(string command, params string[] told)
    {
        var (code, output, _) = command.Length == 0 ? await RunAsync("--help") : await RunAsync(command, "--help");
        Assert.Equal(0, code);
        Assert.All(told, word => Assert.Contains(word, output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("rnu")]
    [InlineData("run", "--cofnig", "x")]
    [InlineData("key", "--expires", "tomorrow")]
    [InlineData("key", "--name", "a b")]
    [InlineData("token", "--consumer", "a", "--expires", "soon")]
    [InlineData("token", "--consumer", "a", "--claim", "x")]
    [InlineData("token", "--config", "none.yaml", "--consumer", "a")]
    [InlineData("token")]
    [InlineData("mock", "--port", "65536")]
    [InlineData("mock", "--port", "many")]
    [InlineData("health", "--url", "nowhere")]
    [InlineData("health", "--url", "https://127.0.0.1/")]
    public async Task What_is_not_understood_is_an_error(params string[] arguments)
    {
        var (code, _, errors) = await RunAsync(arguments);
        Assert.NotEqual(0, code);
        Assert.NotEmpty(errors);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_ok_or_every_error_with_its_place()
    {
        Assert.Equal((0, "ok", ""), await RunAsync("check", "--config", Write(Good)));
        var bad = Write("listenrs: []\n" + Good.Replace("path: /x", "path: x", StringComparison.Ordinal));
        var (code, output, errors) = await RunAsync("check", "--config", bad);
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.Contains($"{bad}:1:1: ", errors, StringComparison.Ordinal);
        Assert.Contains($"{bad}:5:", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_an_error()
    {
        var missing = Path.Combine(_folder.FullName, "missing.yaml");
        foreach (var command in new[] { "check", "run" })
        {
            var (code, _, errors) = await RunAsync(command, "--config", missing);
            Assert.Equal(1, code);
            Assert.StartsWith($"{missing}:1:1: the file does not exist", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_an_error_of_the_start()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var address = taken.LocalEndPoint!.ToString()!;
        await AssertNotStartedAsync(Good.Replace("127.0.0.1:0 }]", address + " }]", StringComparison.Ordinal), address);
    }

    [Fact]
    public Task An_address_that_is_not_ours_is_an_error_of_the_start() =>
        AssertNotStartedAsync(Good.Replace("127.0.0.1:0 }]", "192.0.2.1:8080 }]", StringComparison.Ordinal), "192.0.2.1:8080");

    [Fact]
    public async Task A_certificate_that_is_not_there_is_an_error_of_the_start()
    {
        var path = Write(Good.Replace(
            "127.0.0.1:0 }]", "127.0.0.1:0, tls: { certificate: none.crt, key: none.key } }]", StringComparison.Ordinal));
        var (code, _, errors) = await RunAsync("run", "--config", path);
        Assert.Equal(1, code);
        Assert.Contains($"{path}:1:", errors, StringComparison.Ordinal);
        Assert.Contains("none.crt", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_asks_a_running_gateway()
    {
        await using var edge = await EdgeProcess.RunAsync(Good);
        Assert.Equal(0, (await RunAsync("health", "--url", new Uri(edge.Admin!, "/healthz").ToString())).Code);
        Assert.Equal(0, (await RunAsync("health", "--url", new Uri(edge.Admin!, "/readyz").ToString())).Code);
        Assert.Equal(1, (await RunAsync("health", "--url", new Uri(edge.Admin!, "/nowhere").ToString())).Code);
        edge.KillNow();
        await edge.WaitForExitAsync();
        var (code, _, errors) = await RunAsync("health", "--url", new Uri(edge.Admin!, "/healthz").ToString());
        Assert.Equal(1, code);
        Assert.StartsWith("edge: no answer from", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_of_a_file_without_an_admin_listener_asks_whether_the_first_listener_accepts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var path = Write($$"""
            listeners: [{ address: "{{listener.LocalEndpoint}}" }]
            upstreams: { a: { targets: ["http://127.0.0.1:1"] } }
            routes: [{ name: a, upstream: a }]
            """);
        Assert.Equal(0, (await RunAsync("health", "--config", path)).Code);
        listener.Stop();
        Assert.Equal(1, (await RunAsync("health", "--config", path)).Code);
    }

    private async Task AssertNotStartedAsync(string configuration, string told)
    {
        var (code, _, errors) = await RunAsync("run", "--config", Write(configuration));
        Assert.Equal(1, code);
        Assert.StartsWith("edge: not started: ", errors, StringComparison.Ordinal);
        Assert.Contains(told, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var edge = EdgeProcess.Start(arguments);
        return (await edge.WaitForExitAsync(), edge.Output, edge.Errors);
    }

    private string Write(string configuration)
    {
        var path = Path.Combine(_folder.FullName, "edge.yaml");
        File.WriteAllText(path, configuration);
        return path;
    }
}
