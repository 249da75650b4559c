using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;
using Edge.Measuring;

namespace Edge.Load.Scenarios;

/// <summary>Many small questions before two upstreams, while the file changes and one of the two is killed.</summary>
internal sealed class TwoUpstreams : LoadScenario
{
    private const int Bytes = 1000;
    private const double KilledAt = 0.7;
    private const double BackAt = 0.85;
    private const string Reload = "new file";
    private const string Kill = "one of two killed";
    private const string Back = "it is back";
    private static readonly double[] ReloadsAt = [0.3, 0.4, 0.5];

    private readonly int _port = Ports.Free();
    private readonly string _target = string.Create(CultureInfo.InvariantCulture, $"/bytes/{Bytes}");
    private Provider? _provider;
    private Caller _caller = null!;
    private byte[] _expected = [];
    private int _generation;

    /// <inheritdoc/>
    public override string Name => "two-upstreams";

    /// <inheritdoc/>
    public override string About =>
        "GETs of 1 KB before two upstreams; the file is changed three times, and one of the two is killed and comes back. Nobody "
            + "is turned away, and only an answer that had begun may be broken off.";

    /// <inheritdoc/>
    public override string DefaultRate => "5000";

    /// <inheritdoc/>
    public override GatewaySettings Settings => new() { File = ToYaml };

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _provider = new Provider(stage.Program, _port);
        await _provider.StartAsync(cancellation);
        _caller = MakeCaller(stage.Gateway);
        using var response = await _caller.GetAsync(_target, cancellation);
        _expected = await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    /// <inheritdoc/>
    public override async Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        var headNs = 0L;
        try
        {
            using var response = await _caller.GetAsync(_target, cancellation);
            headNs = Monotonic.NowNs;
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return !response.IsSuccessStatusCode ? Answer.Failed(Kinds.Status(response.StatusCode))
                : body.AsSpan().SequenceEqual(_expected) ? Answer.Right(headNs, body.Length)
                : Answer.Failed(Kinds.Wrong, $"{body.Length} bytes");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            var kind = Kinds.Of(exception);
            return headNs != 0 && kind is Kinds.NoAnswer or Kinds.BrokenOff
                ? new Answer(Verdict.Expected, Kinds.BrokenOff)
                : Answer.Failed(kind, exception.Message);
        }
    }

    /// <inheritdoc/>
    public override async Task DisturbAsync(Timeline timeline, CancellationToken cancellation)
    {
        foreach (var at in ReloadsAt)
        {
            await timeline.WaitForAsync(at, cancellation);
            _generation++;
            await Stage.WriteConfigurationAsync(Settings, cancellation);
            Stage.SignalReload();
            timeline.Note(Reload);
        }

        await timeline.WaitForAsync(KilledAt, cancellation);
        timeline.Note(Kill);
        await _provider!.KillAsync(cancellation);
        await timeline.WaitForAsync(BackAt, cancellation);
        await _provider.StartAsync(cancellation);
        timeline.Note(Back);
    }

    /// <inheritdoc/>
    public override Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        var quiet = record.Slices.Where(slice => slice.Second > 1 && !record.Timeline.Marks.Any(mark => IsIn(mark, slice)))
            .Select(static slice => slice.P99Ms).Order().ToArray();
        findings.Require(quiet.Length > 0, "There were seconds in which nothing happened.");
        if (quiet.Length == 0)
        {
            return Task.CompletedTask;
        }

        var usual = quiet[quiet.Length / 2];
        findings.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"p99 of seconds in which nothing happened: {quiet[0]:0.##} to {quiet[^1]:0.##} ms, median {usual:0.##} ms."));
        foreach (var mark in record.Timeline.Marks)
        {
            foreach (var slice in record.Slices.Where(slice => IsIn(mark, slice)))
            {
                findings.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{mark.What} at {mark.Second:0.0} s: p99 of that second {slice.P99Ms:0.##} ms, "
                        + $"{slice.P99Ms / usual:0.0} times the median; the longest {slice.MaxMs:0.##} ms."));
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _provider?.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static bool IsIn(Mark mark, Slice slice) => mark.Second <= slice.Second && mark.Second > slice.Second - 1;

    private string ToYaml(int port, int http2Port, int mockPort) => string.Create(
        CultureInfo.InvariantCulture, $$"""
        listeners: [{ address: "127.0.0.1:{{port}}" }, { address: "127.0.0.1:{{http2Port}}", h2c: true }]
        drainTimeout: 1s
        upstreams:
          it:
            targets: ["http://127.0.0.1:{{mockPort}}", "http://127.0.0.1:{{_port}}"]
            retries: { attempts: 3, budget: 100%, budgetMin: 10000, on: [connect, reset], backoff: { base: 5ms, max: 20ms } }
        defaults: { response: { headers: { set: { X-Generation: "{{_generation}}" } } } }
        routes: [{ name: all, upstream: it }]

        """);
}
