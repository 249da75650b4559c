using Edge.Peers.Load;
using Edge.Peers.Running;
using Edge.Peers.Scenarios;

namespace Edge.Peers.CachePauses;

/// <summary>
/// Edge with a cache of some size, which is filled, and then asked for what it has and what it has not, while the pauses of its
/// collector are watched. All that is started here is ended by <see cref="DisposeAsync"/>.
/// </summary>
/// <param name="cacheSize">Size of the cache, as the configuration says it.</param>
/// <param name="answers">How many answers fill it.</param>
/// <param name="requestsPerSecond">The rate after that.</param>
/// <param name="session">Where files go, and how long the rate is kept.</param>
internal sealed class CachePausesRun(string cacheSize, int answers, int requestsPerSecond, Session session) : IAsyncDisposable
{
    private const string Template = "edge-pauses.yaml";
    private const string AdminToken = "pauses";
    private const string StoredMetric = "edge_cache_stored_total";
    private const string EvictionsMetric = "edge_cache_evictions_total";
    private const string RequestsMetric = "edge_cache_requests_total";
    private const string Hit = "edge_outcome=\"hit\"";

    private RunningPeer? _origin;
    private RunningPeer? _gateway;
    private CollectorWatch? _watch;
    private int _rounds;

    /// <summary>Starts the origin and Edge before it.</summary>
    /// <exception cref="InvalidOperationException">One of them did not start.</exception>
    public async Task StartAsync(string edge, CancellationToken cancellation)
    {
        _origin = await Setups.PlainOrigin(NumberedRequests.FileSizes).StartAsync(session.Folder, 0, cancellation);
        KeyValuePair<string, string>[] names = [new("cacheSize", cacheSize), new("adminToken", AdminToken)];
        _gateway = await (Setups.Edge(edge, Template) with { MoreNames = names })
            .StartAsync(session.Folder, _origin.Port, cancellation);
        _watch = new CollectorWatch(_gateway.TlsPort, AdminToken);
    }

    /// <summary>Asks for all answers once, as fast as they come.</summary>
    public Task<PausePhase> FillAsync(CancellationToken cancellation)
    {
        string[] arguments = [Roles.FillName, .. Roles.FillArguments(_gateway!.Port, answers)];
        return RunAsync<Saturation>(
            "fill", arguments, static load => (load.Requests, load.PerSecond, load.Failed), cancellation);
    }

    /// <summary>Asks for what filled the cache and for what is new, by turns, at a constant rate. It may be done again.</summary>
    public Task<PausePhase> KeepOnAsync(CancellationToken cancellation)
    {
        string[] arguments =
        [
            Roles.MixName,
            .. Roles.MixArguments(
                _gateway!.Port, answers, _rounds++, requestsPerSecond, session.WarmupMs, session.MeasureMs),
        ];
        return RunAsync<OpenLoadResult>(
            "half hits", arguments, load => (load.Requests, requestsPerSecond, load.Failed + load.Unanswered), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watch?.Dispose();
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }
    }

    private async Task<PausePhase> RunAsync<T>(
        string name,
        string[] arguments,
        Func<T, (long Requests, double PerSecond, long Lost)> sum,
        CancellationToken cancellation)
    {
        await using var generator = await Generator.StartAsync(arguments, new Target(_gateway!.Port, _gateway), cancellation);
        var before = await _watch!.ReadAsync(cancellation);
        var result = generator.ResultAsync<T>(cancellation);
        var readings = await _watch.WatchAsync(result, cancellation);
        var (requests, perSecond, lost) = sum(await result);
        var after = await _watch.ReadAsync(cancellation);
        return new PausePhase(
            cacheSize,
            name,
            Count(after, StoredMetric) - Count(after, EvictionsMetric),
            _gateway.ResidentBytes,
            requests,
            Count(after, RequestsMetric, Hit) - Count(before, RequestsMetric, Hit),
            perSecond,
            lost,
            Pauses.Of(readings));
    }

    private static long Count(string metrics, string name, string label = "") =>
        (long)(MetricsText.Sum(metrics, name, label) ?? 0);
}
