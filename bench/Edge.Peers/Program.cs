using System.CommandLine;
using System.Globalization;
using Edge.Measuring;
using Edge.Peers;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Scenarios;

// bench/peers: Edge and other gateways side by side on the same work. See docs/performance.md.
var quick = new Option<bool>("--quick") { Description = "Fewer scenarios and shorter rounds: under five minutes." };
var json = new Option<string?>("--json") { Description = "Also write all values to this file." };
var edge = new Option<string>("--edge") { Description = "Edge's native binary.", Required = true };
var yarp = new Option<string>("--yarp") { Description = "The program that hosts YARP.", Required = true };
var rounds = new Option<int?>("--rounds") { Description = "Rounds; the median of them is what counts." };
var seconds = new Option<int?>("--seconds") { Description = "Seconds of each measurement." };
var peers = new Option<string[]>("--peers") { Description = "Only these: edge, nginx, haproxy, yarp." };
var scenarios = new Option<string[]>("--scenarios")
{
    Description = "Only these: " + string.Join(", ", Array.ConvertAll(Scenario.All, static scenario => scenario.Name)) + ".",
};
peers.AllowMultipleArgumentsPerToken = scenarios.AllowMultipleArgumentsPerToken = true;
scenarios.AcceptOnlyFromAmong(Array.ConvertAll(Scenario.All, static scenario => scenario.Name));
peers.AcceptOnlyFromAmong("edge", "nginx", "haproxy", "yarp");
var root = new RootCommand("Measures Edge and its peers side by side.")
{
    quick, json, edge, yarp, rounds, seconds, peers, scenarios,
};
foreach (var role in Roles.Commands())
{
    root.Add(role);
}

root.SetAction((parsed, cancellation) => MeasureAsync(ToOptions(parsed), parsed.GetValue(json), cancellation));
return await root.Parse(args).InvokeAsync();

BenchOptions ToOptions(ParseResult parsed)
{
    const int QuickSeconds = 2;
    const int FullSeconds = 5;
    var isQuick = parsed.GetValue(quick);
    var duration = parsed.GetValue(seconds) ?? (isQuick ? QuickSeconds : FullSeconds);
    var named = parsed.GetValue(scenarios) ?? [];
    return new BenchOptions
    {
        Edge = parsed.GetValue(edge)!,
        Yarp = parsed.GetValue(yarp)!,
        Rounds = parsed.GetValue(rounds) ?? (isQuick ? 3 : 5),
        Seconds = duration,
        MeasureMs = duration * (isQuick ? 625 : 1000),
        WarmupMs = isQuick ? 300 : 1000,
        Peers = parsed.GetValue(peers) ?? [],
        Scenarios = named.Length == 0 && isQuick ? Scenario.QuickNames : named,
    };
}

static async Task<int> MeasureAsync(BenchOptions options, string? jsonPath, CancellationToken cancellation)
{
    var measuredAt = DateTimeOffset.UtcNow;
    var loadBefore = Machine.Load();
    await using var run = new BenchRun(options, Console.Error);
    await run.RunAsync(cancellation);
    Console.WriteLine();
    Console.WriteLine(Machine.Describe());
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{measuredAt:yyyy-MM-dd HH:mm} UTC, load {loadBefore:0.0} before and {Machine.Load():0.0} after"));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Rounds} rounds: median (least-most)"));
    foreach (var (peer, version) in run.Versions)
    {
        Console.WriteLine(version.Length == 0 ? $"{peer} (built here)" : $"{peer}: {version}");
    }

    foreach (var skipped in run.Skipped)
    {
        Console.WriteLine($"skipped {skipped}");
    }

    run.NotStarted.ForEach(Console.WriteLine);
    foreach (var scenario in run.Results)
    {
        Console.WriteLine();
        Console.Write(Table.Write(scenario));
    }

    if (jsonPath is not null)
    {
        JsonReport.Write(jsonPath, run, measuredAt, loadBefore);
    }

    var passed = run.Results.Sum(static scenario => scenario.Peers.Count(static peer => peer.HasPassed));
    var failed = run.NotStarted.Count + run.Results.Sum(static scenario => scenario.Peers.Count(static peer => !peer.HasPassed));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{passed} passed, {failed} failed"));
    return failed == 0 && passed > 0 ? 0 : 1;
}
