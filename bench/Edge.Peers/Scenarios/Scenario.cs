using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Running;

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
    private const int IdleRatePerSecond = 100;
    private const string HalfRate = "half of what the slowest carries";

    /// <summary>Everything that can be measured, in the order of the tables.</summary>
    public static Scenario[] All { get; } = Array.FindAll<Scenario>(
    [
        .. Array.ConvertAll(Work.All, static work => new SaturationScenario(work)),
        new SaturationScenario(Work.Get, Protocol.Tls),
        new SaturationScenario(Work.Get, Protocol.Http2),
        new RateScenario("half-get-1k", HalfRate, Work.Get, null),
        new RateScenario("half-post-chat", HalfRate, Work.Chat, null),
        new RateScenario("low-get-1k", "a low rate", Work.Get, LowRatePerSecond),
        new RateScenario("idle-get-1k", "hardly any rate", Work.Get, IdleRatePerSecond),
        new SaturationScenario(Work.Chain) { Setup = Setup.Chain, Metrics = SaturationScenario.MetricsBeyondPlain },
        new SaturationScenario(Work.Get) { Name = "cache-hit", Title = "GET of 1 KB from the cache", Setup = Setup.Cache },
        StreamScenario.Of("sse-1", 1, gapMs: 10),
        StreamScenario.Of("sse-500", 500, gapMs: 100),
        StreamScenario.Of("sse-5000", 5_000, gapMs: 1_000),
        StreamScenario.Of("sse-10000", 10_000, gapMs: 5_000),
    ],
    static scenario => Setups.IsThere(scenario.Setup));

    /// <summary>What --quick leaves out.</summary>
    private static readonly string[] SlowNames = ["half-post-chat", "idle-get-1k", "sse-5000", "sse-10000"];

    /// <summary>What --quick measures.</summary>
    public static string[] QuickNames { get; } =
        [.. from scenario in All where !SlowNames.Contains(scenario.Name) select scenario.Name];

    /// <summary>What gateways have to be set up for.</summary>
    public Setup Setup { get; init; } = Setup.Plain;

    /// <summary>Whether there is something to be learned without any peer, from callers that talk to the origin.</summary>
    public virtual bool IsWorthDirect => true;

    /// <summary>Whether its rate is half of what the slowest peer carries, which must be found before.</summary>
    public virtual bool IsAtHalfRate => false;

    /// <summary>Whether the origin must not wait for a core, since what it is late by would be in what is measured.</summary>
    public virtual bool IsAboutTime => false;

    /// <summary>The rate at which requests come; null where callers wait for answers.</summary>
    public virtual int? RateIn(Session session) => null;

    /// <summary>Measures once, and adds to the result.</summary>
    /// <param name="target">Who is measured.</param>
    /// <param name="result">Takes what comes of it.</param>
    /// <param name="session">How long, and where files may be written.</param>
    /// <param name="cancellation">Ends it.</param>
    public abstract Task MeasureAsync(Target target, PeerResult result, Session session, CancellationToken cancellation);

    /// <summary>A new, empty result.</summary>
    public ScenarioResult NewResult() => new(Name, Title, Metrics);
}
