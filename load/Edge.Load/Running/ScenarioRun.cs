using System.ComponentModel;
using System.Globalization;
using Edge.Load.Plan;
using Edge.Load.Scenarios;
using Edge.Load.Staging;
using Edge.Measuring;

namespace Edge.Load.Running;

/// <summary>The built-in host: one scenario from its stage to its record.</summary>
internal sealed class ScenarioRun
{
    private const string LimitsPath = "/proc/self/limits";
    private const string LimitName = "Max open files";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // Between now and the first arrival: everything is to be in its place by then.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    private readonly LoadScenario _scenario;
    private readonly LoadOptions _options;
    private readonly LiveLine _live;
    private readonly RatePlan _plan;
    private readonly TimeSpan _warmUp;

    /// <summary>Prepares a run.</summary>
    /// <exception cref="FormatException">The rate is none.</exception>
    public ScenarioRun(LoadScenario scenario, LoadOptions options, LiveLine live)
    {
        (_scenario, _options, _live) = (scenario, options, live);
        _plan = RatePlan.Parse(options.Rate ?? scenario.DefaultRate, options.Duration ?? scenario.DefaultDuration);
        _warmUp = options.WarmUp ?? scenario.DefaultWarmUp;
    }

    /// <summary>What is going to be done, in a line.</summary>
    public string Heading => string.Create(CultureInfo.InvariantCulture,
        $"{_scenario.Name}: {_plan.Text}/s for {_plan.Duration.TotalSeconds:0.##} s after {_warmUp.TotalSeconds:0.##} "
            + $"s of warm-up, seed {_options.Seed}");

    /// <summary>Runs it.</summary>
    /// <exception cref="InvalidOperationException">The stage could not be set; the message says why.</exception>
    public async Task<RunRecord> RunAsync(CancellationToken cancellation)
    {
        RequireSockets(_scenario.GatewaySocketsMax(_plan));
        _scenario.Seed = _options.Seed;
        await _scenario.BeginAsync(cancellation);
        await using var stage = await Stage.StartAsync(_options.Edge, _scenario.Settings, cancellation);
        await _scenario.PrepareAsync(stage, _plan, cancellation);
        var startNs = Monotonic.NowNs + (long)(Breath + _warmUp).TotalNanoseconds;
        var record = new RunRecord
        {
            Name = _scenario.Name,
            About = _scenario.About,
            IsOfStreams = _scenario.IsOfStreams,
            Plan = _plan,
            WarmUp = _warmUp,
            Seed = _options.Seed,
            LateMax = _options.LateMax,
            Recorder = new Recorder(_plan, startNs, _scenario.IsOfStreams),
            Timeline = new Timeline(startNs, _plan.Duration),
        };
        var disturbing = _scenario.DisturbAsync(record.Timeline, cancellation);
        await RunArrivalsAsync(record, stage, startNs, cancellation);
        await disturbing;
        cancellation.ThrowIfCancellationRequested();
        record.Findings.Require(stage.IsGatewayAlive, "The gateway ran until the end.");
        if (stage.IsGatewayAlive)
        {
            await _scenario.ConcludeAsync(record, record.Findings, cancellation);
        }

        return record;
    }

    private async Task RunArrivalsAsync(RunRecord record, Stage stage, long startNs, CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (processorBefore, _) = Used(stage);
        var watching = WatchAsync(record.Recorder, stage, ended.Token);
        var runner = new OpenRunner(
            _scenario, _plan, record.Recorder, startNs, _warmUp, _options.Seed, cancellation);
        await runner.RunAsync();
        await ended.CancelAsync();
        await watching;
        var (processorAfter, _) = Used(stage);
        record.ProcessorUsPerAnswer = (processorAfter - processorBefore) / 1000.0 / Math.Max(1, record.Answers);
        _live.End();
    }

    private async Task WatchAsync(Recorder recorder, Stage stage, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Second);
        var lastNs = 0L;
        var goesOn = true;
        while (goesOn)
        {
            try
            {
                goesOn = await timer.WaitForNextTickAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                goesOn = false;
            }

            // The last second is a short one: too little of it makes rates that never were.
            var nowNs = Monotonic.NowNs;
            if (goesOn || nowNs - lastNs > Second.TotalNanoseconds / 2)
            {
                var (processorNs, residentBytes) = Used(stage);
                _live.Write(recorder.EndSecond(nowNs, processorNs, residentBytes), recorder);
                lastNs = nowNs;
            }
        }
    }

    private static (long ProcessorNs, long ResidentBytes) Used(Stage stage)
    {
        try
        {
            return (ProcessTree.ProcessorNs(stage.GatewayId), ProcessTree.ResidentBytes(stage.GatewayId));
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            // It has ended, which the record tells.
            return default;
        }
    }

    private static void RequireSockets(int wanted)
    {
        foreach (var line in File.ReadLines(LimitsPath))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line.StartsWith(LimitName, StringComparison.Ordinal)
                && int.TryParse(words[^2], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit < wanted)
            {
                throw new InvalidOperationException(
                    $"The gateway would need {wanted} open files and may have {limit}: raise the limit (ulimit -n) or "
                        + "lower the rate.");
            }
        }
    }
}
