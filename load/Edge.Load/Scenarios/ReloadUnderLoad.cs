using System.Collections.Concurrent;
using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;

namespace Edge.Load.Scenarios;

/// <summary>The gateway's file changes every second.</summary>
internal sealed class ReloadUnderLoad : LoadScenario
{
    private const string GenerationHeader = "X-Generation";
    private const int BrokenEvery = 5;
    private const int StreamOneIn = 20;
    private const int FinalTries = 100;
    private static readonly TimeSpan ChangeEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TryEvery = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<int, long> _seen = new();
    private Caller _caller = null!;
    private int _written = 1;
    private int _broken;

    /// <inheritdoc/>
    public override string Name => "reload";

    /// <inheritdoc/>
    public override string About => string.Create(CultureInfo.InvariantCulture,
        $"The gateway's file is changed every second under steady chat and streams of some seconds: every second time "
            + $"with SIGHUP beside it, every {BrokenEvery}th time it is broken. No answer may suffer, each must be of "
            + $"a file that was right, and the last file must come into force.");

    /// <inheritdoc/>
    public override string DefaultRate => "300";

    /// <inheritdoc/>
    public override bool IsOfStreams => true;

    /// <inheritdoc/>
    public override GatewaySettings Settings => new() { Generation = 1 };

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _caller = MakeCaller(stage.Gateway);
    }

    /// <inheritdoc/>
    public override async Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        var streams = new Dice(arrival.Seed).Next(StreamOneIn) == 0;
        var question = SteadyChat.Question(arrival) with { Model = streams ? "mock;rate=100" : "mock", Streams = streams };
        var generation = 0;
        var answer = await Chat.AskAsync(_caller, question, cancellation, response => generation = Generation(response));
        if (answer.Verdict != Verdict.Right)
        {
            return answer;
        }

        _seen.AddOrUpdate(generation, 1, static (_, count) => count + 1);
        return generation >= 1 && generation <= Volatile.Read(ref _written)
            ? answer
            : Answer.Failed(Kinds.Wrong, $"It is of file {generation}, which was never written.");
    }

    /// <inheritdoc/>
    public override async Task DisturbAsync(Timeline timeline, CancellationToken cancellation)
    {
        var changes = (int)(timeline.Duration / ChangeEvery);
        for (var i = 1; i < changes; i++)
        {
            await timeline.WaitForAsync((double)i / changes, cancellation);
            if (i % BrokenEvery == 0)
            {
                _broken++;
                await Stage.WriteBrokenConfigurationAsync(cancellation);
                timeline.Note("broken file");
            }
            else
            {
                // Counted first: an answer of the new file may come before this loop has gone on.
                var generation = Interlocked.Increment(ref _written);
                await Stage.WriteConfigurationAsync(Settings with { Generation = generation }, cancellation);
                timeline.Note("new file");
            }

            if (i % 2 == 0)
            {
                Stage.SignalReload();
            }
        }
    }

    /// <inheritdoc/>
    public override async Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        findings.Say(string.Create(CultureInfo.InvariantCulture,
            $"{_written} files that were right and {_broken} that were broken; answers of {_seen.Count} different files."));
        findings.Require(_seen.Count > 1, "Files came into force while callers asked.");

        // After a broken file there may be no right one: write the last one again.
        await Stage.WriteConfigurationAsync(Settings with { Generation = _written }, cancellation);
        Stage.SignalReload();
        var last = 0;
        for (var i = 0; i < FinalTries && last != _written; i++)
        {
            await Task.Delay(TryEvery, cancellation);
            using var response = await _caller.GetAsync("/health", cancellation);
            last = Generation(response);
        }

        findings.Require(last == _written, $"The last file came into force in the end ({last} of {_written}).");
    }

    private static int Generation(HttpResponseMessage response) =>
        response.Headers.TryGetValues(GenerationHeader, out var values)
            && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? generation
            : 0;
}
