using System.Globalization;
using System.Reflection;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using Edge.Benchmarks;

// --estimates: how far the estimates of tokens are from the truth, over a corpus that is made anew, and what they cost.
// --telemetry: what telling of requests costs, as the least of many rounds.
// --contention: how bucket, lock and the framework's limiter scale over threads. Without arguments of ours: BenchmarkDotNet,
// with its own. --gate FILE: no times, only whether each benchmark stays within the
// bytes that FILE allows it, each one also being named there.
if (args is ["--gate", var file])
{
    return Gate(file);
}

if (args is ["--contention"])
{
    ContentionTable.Print(Console.Out);
    return 0;
}

if (args is ["--estimates"])
{
    await EstimateTable.PrintAsync(Console.Out);
    return 0;
}

if (args is ["--telemetry"])
{
    TelemetryTable.Print(Console.Out);
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(EngineBenchmarks).Assembly).Run(args);
return 0;

static int Gate(string file)
{
    using var json = JsonDocument.Parse(File.ReadAllBytes(file));
    var limits = json.RootElement.GetProperty("engines");
    object[] all = [new EngineBenchmarks(), new TokenBenchmarks(), new RecordBenchmarks()];
    var failed = 0;
    var count = 0;
    foreach (var (engines, method) in all.SelectMany(static all => all.GetType().GetMethods(), static (all, one) => (all, one)))
    {
        if (method.GetCustomAttribute<BenchmarkAttribute>() is null)
        {
            continue;
        }

        count++;
        var bytes = Measure(Bind(method, engines));
        var holds = limits.TryGetProperty(method.Name, out var limit) && bytes <= limit.GetDouble();
        failed += holds ? 0 : 1;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{(holds ? "ok  " : "FAIL")} {method.Name}: {bytes:0.0} B, at most {limit} B"));
    }

    Console.WriteLine($"{count - failed} passed, {failed} failed");
    return failed == 0 ? 0 : 1;
}

static Action Bind(MethodInfo method, object engines)
{
    if (method.ReturnType == typeof(void))
    {
        return method.CreateDelegate<Action>(engines);
    }

    // A typed delegate: a call by reflection would box what the benchmark returns.
    if (method.ReturnType == typeof(int))
    {
        var call = method.CreateDelegate<Func<int>>(engines);
        return () => call();
    }

    if (method.ReturnType == typeof(bool))
    {
        var call = method.CreateDelegate<Func<bool>>(engines);
        return () => call();
    }

    if (method.ReturnType == typeof(long))
    {
        var call = method.CreateDelegate<Func<long>>(engines);
        return () => call();
    }

    var other = method.CreateDelegate<Func<Edge.Core.Routing.RouteOutcome>>(engines);
    return () => other();
}

static double Measure(Action once)
{
    const int Times = 10_000;
    var least = double.MaxValue;
    for (var round = 0; round < 5; round++)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++)
        {
            once();
        }

        least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Times);
    }

    return least;
}
