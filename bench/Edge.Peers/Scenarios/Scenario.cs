using Edge.Peers.Load;
using Edge.Peers.Report;

namespace Edge.Peers.Scenarios;

/// <summary>One kind of work, and how a peer is measured at it.</summary>
/// <param name="Name">On the command line and in JSON.</param>
/// <param name="Title">Over its table.</param>
/// <param name="Metrics">What comes of it.</param>
internal abstract record Scenario(string Name, string Title, Metric[] Metrics)
{
    /// <summary>Least time that a generator needs to find its pace, in milliseconds.</summary>
    protected const int WarmupMsMin = 200;

    private const int LowRatePerSecond = 5_000;

    /// <summary>Everything that can be measured, in the order of the tables.</summary>
    public static Scenario[] All { get; } =
    [
        .. Array.ConvertAll(Work.All, static work => new SaturationScenario(work, IsTls: false)),
        new SaturationScenario(Work.All[0], IsTls: true),
        new RateScenario("half-get-1k", "half of nginx's most", Work.All[0], null),
        new RateScenario("half-post-chat", "half of nginx's most", Work.All[1], null),
        new RateScenario("low-get-1k", "a low rate", Work.All[0], LowRatePerSecond),
        new StreamScenario("sse-500", "500 streams, 10 events a second each", 500, 100_000),
        new StreamScenario("sse-1", "1 stream, 100 events a second", 1, 10_000),
    ];

    /// <summary>What --quick leaves out.</summary>
    public static string[] QuickNames { get; } =
        [.. from scenario in All where scenario.Name is not ("tls-get-1k" or "half-post-chat") select scenario.Name];

    /// <summary>Whether there is something to be learned without any peer, from callers that talk to the origin.</summary>
    public virtual bool IsWorthDirect => true;

    /// <summary>Measures once, and adds to the result.</summary>
    /// <param name="target">Who is measured.</param>
    /// <param name="result">Takes what comes of it.</param>
    /// <param name="bench">How long, and where files may be written.</param>
    /// <param name="cancellation">Ends it.</param>
    public abstract Task MeasureAsync(Target target, PeerResult result, BenchRun bench, CancellationToken cancellation);

    /// <summary>A new, empty result.</summary>
    public ScenarioResult NewResult() => new(Name, Title, Metrics);
}
