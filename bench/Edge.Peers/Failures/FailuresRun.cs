using System.Globalization;
using System.Net.Http.Headers;
using Edge.Measuring;
using Edge.Peers.Growth;
using Edge.Peers.Load;
using Edge.Peers.Running;
using Edge.Peers.Scenarios;

namespace Edge.Peers.Failures;

/// <summary>
/// Edge before two origins at a constant rate of requests, while one of them is killed, and while Edge reads another file. All
/// that is started here is ended by <see cref="DisposeAsync"/>.
/// </summary>
/// <param name="edge">Path of the program.</param>
/// <param name="requestsPerSecond">The rate.</param>
/// <param name="work">The request.</param>
/// <param name="times">How often each thing happens.</param>
/// <param name="session">Where files go, and how long the warm-up is.</param>
internal sealed class FailuresRun(string edge, int requestsPerSecond, Work work, int times, Session session) : IAsyncDisposable
{
    private const int MoreRoutes = 100;
    private const string Template = "edge-failures.yaml";
    private const string GenerationHeader = "X-Generation";
    private const string AttemptsMetric = "edge_upstream_attempts_total";
    private const string Repeated = "edge_repeated=\"true\"";

    // So that what happens is in its second, whatever the two programs' clocks were started at.
    private static readonly TimeSpan Into = TimeSpan.FromMilliseconds(50);

    // An origin that answers at once has hardly ever a request in its hands; one that hangs for a moment before it dies has some.
    private static readonly TimeSpan HeldFor = TimeSpan.FromMilliseconds(10);

    private readonly List<RunningPeer> _origins = [];
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private RunningPeer? _gateway;
    private int _generation = 1;
    private int _killed;

    /// <summary>Starts the origins and Edge before them.</summary>
    /// <exception cref="InvalidOperationException">One of them did not start.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        for (var i = 0; i < 2; i++)
        {
            _origins.Add(await Setups.PlainOrigin().StartAsync(session.Folder, 0, cancellation));
            _ = ProcessTree.SetPriority(_origins[i].Process.Id, goesFirst: true);
        }

        KeyValuePair<string, string>[] names =
        [
            new("moreRoutes", Axis.EdgeRoutes(MoreRoutes)),
            new("secondOriginPort", _origins[1].Port.ToString(CultureInfo.InvariantCulture)),
            new("generation", Generation(_generation)),
        ];
        _gateway = await (Setups.Edge(edge, Template) with { MoreNames = names })
            .StartAsync(session.Folder, _origins[0].Port, cancellation);

        // Once before it counts: what this program does for the first time takes it long, and the cores are the gateway's, too.
        foreach (var happening in Course.All.SelectMany(static course => course.Seconds).Distinct())
        {
            await DoAsync(happening, cancellation);
        }
    }

    /// <summary>Sends requests while a course of events takes its way.</summary>
    public async Task<FailuresReport> RunAsync(Course course, CancellationToken cancellation)
    {
        var seconds = times * course.Seconds.Length;
        string[] arguments =
        [
            Roles.GenerateName,
            "--rate", requestsPerSecond.ToString(CultureInfo.InvariantCulture),
            .. Roles.Arguments(_gateway!.Port, work, session.WarmupMs, seconds * 1_000),
        ];
        await using var generator = await Generator.StartAsync(arguments, new Target(_gateway.Port, _gateway), cancellation);
        var begun = Monotonic.NowNs;
        for (var second = 0; second < seconds; second++)
        {
            var until = begun + (second * Monotonic.SecondNs) + (long)Into.TotalNanoseconds;
            await Task.Delay(TimeSpan.FromMicroseconds(Math.Max(0, (until - Monotonic.NowNs) / 1_000)), cancellation);
            await DoAsync(course.At(second), cancellation);
        }

        return new FailuresReport(course, await generator.ResultAsync<OpenLoadResult>(cancellation));
    }

    /// <summary>Whether the last file is the one in force.</summary>
    public async Task<bool> HasLastFileAsync(CancellationToken cancellation)
    {
        using var answer = await _client.GetAsync(Address(_gateway!.Port, work.Target), cancellation);
        return HasGeneration(answer.Headers, Generation(_generation));
    }

    /// <summary>Requests that Edge has sent once more, for whatever reason.</summary>
    public async Task<double> CountRepeatedAsync(CancellationToken cancellation)
    {
        var metrics = await _client.GetStringAsync(Address(_gateway!.TlsPort, "/metrics"), cancellation);
        return MetricsText.Sum(metrics, AttemptsMetric, Repeated) ?? 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (var origin in _origins)
        {
            await origin.DisposeAsync();
        }

        _client.Dispose();
    }

    private static string Generation(int number) => string.Create(CultureInfo.InvariantCulture, $"file {number}");

    private static bool HasGeneration(HttpResponseHeaders headers, string wanted) =>
        headers.TryGetValues(GenerationHeader, out var values) && values.Single() == wanted;

    private static Uri Address(int port, string path) =>
        new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}{path}"));

    private async Task DoAsync(Happening happening, CancellationToken cancellation)
    {
        switch (happening)
        {
            case Happening.Kill:
                await ProcessTree.KillAsync(_origins[_killed].Process.Id, HeldFor, cancellation);
                break;
            case Happening.Return:
                _origins[_killed] = await _origins[_killed].StartAgainAsync(cancellation);
                _ = ProcessTree.SetPriority(_origins[_killed].Process.Id, goesFirst: true);
                _killed = 1 - _killed;
                break;
            case Happening.Reload:
                await ReloadAsync(cancellation);
                break;
        }
    }

    private async Task ReloadAsync(CancellationToken cancellation)
    {
        var path = Path.Combine(_gateway!.Folder, Template);
        var text = await File.ReadAllTextAsync(path, cancellation);
        var before = Generation(_generation);
        _generation++;
        text = text.Replace(before, Generation(_generation), StringComparison.Ordinal);
        await File.WriteAllTextAsync(path + ".new", text, cancellation);
        File.Move(path + ".new", path, overwrite: true);
        _gateway.Process.Signal(Native.HangUp);
    }
}
