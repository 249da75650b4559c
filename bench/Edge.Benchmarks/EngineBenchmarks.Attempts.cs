using BenchmarkDotNet.Attributes;
using Edge.Core.Resilience;

namespace Edge.Benchmarks;

/// <summary>What a request costs that may be sent again, and the decision whether it is.</summary>
public partial class EngineBenchmarks
{
    private readonly RetryBudget _retries = new(0.2, 10, TimeProvider.System);
    private readonly AttemptCauses _causes = new("connect", "429", "5xx");

    private readonly LatencyQuantile _latencies = new(95);
    private long _latencyNs = 1_000_000;

    [Benchmark]
    public long LearnLatency()
    {
        _latencyNs = (_latencyNs * 31) & 0x3FFFFFFF;
        _latencies.Observe(_latencyNs);
        return _latencies.ValueNs;
    }

    [Benchmark]
    public int CountForRetryBudget()
    {
        _retries.CountRequest();
        return 0;
    }

    [Benchmark]
    public bool TakeOfRetryBudget() => _retries.TryTake();

    [Benchmark]
    public bool DecideOnRetry()
    {
        var end = AttemptEnd.Answered(503);
        return _causes.Include(end)
            && RepeatRules.MayRetry(end, canResend: true, RepeatRules.IsIdempotent("POST"), isLlm: true)
            && RetryBackoff.Before(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2), 2, 0.5) > TimeSpan.Zero;
    }
}
