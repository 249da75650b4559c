using Edge.Core.Configuration;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Tests.Streams;
using Edge.Tests.Support;
using Edge.Tests.Upstream;
using Edge.Upstream;

namespace Edge.Tests.Hosting;

public sealed class ReloadTests
{
    private const int Reloads = 200;
    private const int Callers = 8;

    [Fact]
    public async Task A_changed_file_takes_effect_once_it_rests()
    {
        await using var first = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("first")));
        await using var second = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("second")));
        await using var watched = await Watched.StartAsync(Configuration(first));
        Assert.Equal("first", await watched.AskAsync());

        File.WriteAllText(watched.Path, Configuration(second));
        watched.Look();
        Assert.Equal("first", await watched.AskAsync());
        watched.Look();
        Assert.Equal("second", await watched.AskAsync());
    }

    [Fact]
    public async Task A_file_that_is_being_written_is_not_read()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("all")));
        await using var watched = await Watched.StartAsync(Configuration(upstream));
        var before = watched.Gateway.Snapshot;
        for (var i = 0; i < 5; i++)
        {
            File.AppendAllText(watched.Path, "\n# more");
            watched.Look();
        }

        Assert.Same(before, watched.Gateway.Snapshot);
        watched.Look();
        Assert.NotSame(before, watched.Gateway.Snapshot);
    }

    [Fact]
    public async Task A_turned_link_is_a_change()
    {
        await using var first = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("first")));
        await using var second = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("second")));
        await using var watched = await Watched.StartAsync(Configuration(first));

        // As Kubernetes does it: edge.yaml -> ..data/edge.yaml, ..data -> a folder for each version.
        var root = Path.GetDirectoryName(watched.Path)!;
        var written = DateTime.UnixEpoch;
        foreach (var (version, upstream) in new[] { ("v1", first), ("v2", second) })
        {
            Directory.CreateDirectory(Path.Combine(root, version));
            var file = Path.Combine(root, version, "edge.yaml");
            File.WriteAllText(file, Configuration(upstream));
            File.SetLastWriteTimeUtc(file, written = written.AddDays(1));
        }

        File.Delete(watched.Path);
        Directory.CreateSymbolicLink(Path.Combine(root, "..data"), "v1");
        File.CreateSymbolicLink(watched.Path, "..data/edge.yaml");
        watched.Look();
        watched.Look();
        Assert.Equal("first", await watched.AskAsync());

        Directory.Delete(Path.Combine(root, "..data"));
        Directory.CreateSymbolicLink(Path.Combine(root, "..data"), "v2");
        watched.Look();
        watched.Look();
        Assert.Equal("second", await watched.AskAsync());
    }

    [Fact]
    public async Task A_changed_secret_takes_effect()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        var secret = Path.GetTempFileName();
        File.WriteAllText(secret, "sk-old");
        await using var watched = await Watched.StartAsync(
            Configuration(upstream, $", credential: \"${{file:{secret}}}\""));
        await watched.AskAsync();
        File.WriteAllText(secret, "sk-new");
        watched.Look();
        watched.Look();
        await watched.AskAsync();
        File.Delete(secret);
        Assert.Equal(["Bearer sk-old", "Bearer sk-new"], upstream.Requests.Select(static r => r.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_wrong_file_changes_nothing_and_its_line_is_told_once()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("kept")));
        var watched = await Watched.StartAsync(Configuration(upstream));
        await using (watched)
        {
            File.WriteAllText(watched.Path, Configuration(upstream) + "\nlistenrs: []\n");
            for (var i = 0; i < 5; i++)
            {
                watched.Look();
            }

            Assert.Equal("kept", await watched.AskAsync());
        }

        var lines = watched.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(lines, line => line.StartsWith($"{watched.Path}:5:1: ", StringComparison.Ordinal));
        Assert.Single(lines, static line => line == "edge: not reloaded, the configuration in force stays");
    }

    [Fact]
    public async Task A_running_stream_ends_under_its_old_configuration_and_unchanged_services_keep_their_connections()
    {
        var goOn = new TaskCompletionSource();
        await using var streaming = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.ChunkedHead + Wire.Chunk("data: 1\n\n"));
            await connection.StallAsync(goOn.Task);
            await connection.SendAsync(Wire.Chunk("data: 2\n\n") + Wire.LastChunk);
            await connection.WaitForEndAsync();
        });
        await using var steady = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("steady")));
        await using var watched = await Watched.StartAsync(Configuration(steady));
        var loaded = Load($$"""
            listeners: [{ address: 127.0.0.1:0 }]
            upstreams:
              provider: { targets: ["{{steady.Url}}"] }
              gone: { targets: ["{{streaming.Url}}"] }
            routes:
              - { name: all, match: { path: /x }, upstream: provider }
              - { name: stream, match: { path: /stream }, upstream: gone }
            """);
        watched.Gateway.Reload(loaded);
        Assert.Equal("steady", await watched.AskAsync());
        await using var caller = await RawHttpClient.ConnectAsync(watched.Gateway.Endpoints[0]);
        await caller.SendAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        var stream = await caller.ReadHeadAsync();
        await stream.Body.ReadUntilAsync("data: 1\n\n");

        watched.Gateway.Reload(Load(Configuration(steady)));
        Assert.Equal("steady", await watched.AskAsync());
        Assert.Equal(1, steady.Connections);
        goOn.SetResult();
        await stream.Body.ReadToEndAsync();
        Assert.True(stream.Body.IsComplete);
        Assert.Equal("data: 1\n\ndata: 2\n\n", stream.Text);

        // Its service is gone from the file, and so its connection does not go back to a pool.
        await streaming.WaitForEndedAsync(1);
        await caller.SendAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(404, (await caller.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Two_hundred_reloads_under_load_lose_no_request()
    {
        await using var first = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        await using var second = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        await using var watched = await Watched.StartAsync(Configuration(first));
        EdgePlan[] plans = [Load(Configuration(first)), Load(Configuration(second))];
        using var done = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            await using var caller = await RawHttpClient.ConnectAsync(watched.Gateway.Endpoints[0]);
            var answered = 0;
            while (!done.IsCancellationRequested)
            {
                await caller.SendAsync("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
                Assert.Equal("ok", (await caller.ReadResponseAsync()).Text);
                answered++;
            }

            return answered;
        })).ToArray();
        for (var i = 0; i < Reloads; i++)
        {
            // So that each reload meets requests that run.
            var count = watched.Gateway.Counters.Began;
            SpinWait.SpinUntil(() => watched.Gateway.Counters.Began > count + Callers || callers.Any(static c => c.IsCompleted));
            watched.Gateway.Reload(plans[i % 2]);
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(callers), static answered => Assert.True(answered > Reloads / 2));
    }

    [Fact]
    public async Task Sighup_reloads_the_real_program()
    {
        await using var first = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("first")));
        await using var second = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("second")));
        await using var edge = await EdgeProcess.RunAsync(Configuration(first));
        await File.WriteAllTextAsync(edge.ConfigurationPath, Configuration(second), TestContext.Current.CancellationToken);
        edge.Signal(EdgeProcess.SigHup);
        await edge.WaitForLineAsync(static line => line.StartsWith("edge: reloaded", StringComparison.Ordinal));
        Assert.Equal("second", (await RawHttpClient.ExchangeAsync(edge.Endpoint, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    private static string Configuration(ScriptedUpstream upstream, string more = "") =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        upstreams: { provider: { targets: ["{{upstream.Url}}"]{{more}} } }
        routes:
          - { name: all, match: { path: /x }, upstream: provider }
        """;

    private static EdgePlan Load(string configuration)
    {
        var loaded = ConfigurationLoader.LoadText(configuration, "edge.yaml", SystemConfigurationSource.Instance);
        Assert.Empty(loaded.Diagnostics);
        return loaded.Plan!;
    }

    /// <summary>A gateway whose file is watched by a clock that the test moves.</summary>
    private sealed class Watched : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-test-");
        private readonly StringWriter _said = new();
        private readonly ManualTime _time = new();
        private readonly ProcessSignals _signals = new(reloads: true);
        private readonly ProgramLog _log;
        private ConfigurationWatcher _watcher = null!;

        private Watched() => _log = new ProgramLog(TextWriter.Synchronized(_said));

        public Gateway Gateway { get; private set; } = null!;

        public string Path => System.IO.Path.Combine(_folder.FullName, "edge.yaml");

        public string Said => _said.ToString();

        public static async Task<Watched> StartAsync(string configuration)
        {
            var watched = new Watched();
            File.WriteAllText(watched.Path, configuration);
            var loaded = ConfigurationLoader.Load(watched.Path, SystemConfigurationSource.Instance);
            Assert.Empty(loaded.Diagnostics);
            watched.Gateway = await Gateway.StartAsync(
                loaded.Plan!, watched._log, new SystemHostResolver(), TimeProvider.System, TestContext.Current.CancellationToken);
            watched._watcher = new ConfigurationWatcher(
                watched.Path, watched.Gateway, watched._signals, watched._log, watched._time);
            return watched;
        }

        public void Look() => _time.Advance(ConfigurationWatcher.LookEvery);

        public async Task<string> AskAsync() => (await RawHttpClient.ExchangeAsync(
            Gateway.Endpoints[0], "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).Text;

        public async ValueTask DisposeAsync()
        {
            await _watcher.DisposeAsync();
            _signals.Dispose();
            await Gateway.DisposeAsync();
            await _log.DisposeAsync();
            _folder.Delete(recursive: true);
        }
    }
}
