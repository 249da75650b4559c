using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Edge.Core.Http;
using Edge.Core.Llm;

namespace Edge.Telemetry;

/// <summary>Counts of one gateway since it started. Thread-safe; reading is approximate while requests run.</summary>
internal sealed class GatewayCounters
{
    private readonly long[] _failures = new long[Enum.GetValues<Failure>().Length];
    private readonly ConcurrentDictionary<string, StrongBox<long>> _refusals = new(StringComparer.Ordinal);
    private long _began;
    private long _ended;
    private long _exact;
    private long _estimated;
    private long _inputTokens;
    private long _outputTokens;

    /// <summary>Requests begun.</summary>
    public long Began => Volatile.Read(ref _began);

    /// <summary>Requests running now, streams included.</summary>
    public long Running => Volatile.Read(ref _began) - Volatile.Read(ref _ended);

    /// <summary>Requests that ended with this failure; <see cref="Failure.None"/> counts those that did not fail.</summary>
    public long Ended(Failure failure) => Volatile.Read(ref _failures[(int)failure]);

    /// <summary>How often callers were not let in, by reason. The reasons are the program's own, and so as few.</summary>
    public IEnumerable<KeyValuePair<string, long>> Refusals
    {
        get
        {
            foreach (var (reason, count) in _refusals)
            {
                yield return KeyValuePair.Create(reason, Volatile.Read(ref count.Value));
            }
        }
    }

    /// <summary>Metered requests whose usage the provider told.</summary>
    public long Exact => Volatile.Read(ref _exact);

    /// <summary>Metered requests whose usage is estimated.</summary>
    public long Estimated => Volatile.Read(ref _estimated);

    /// <summary>Tokens of prompts, of all metered requests.</summary>
    public long InputTokens => Volatile.Read(ref _inputTokens);

    /// <summary>Tokens of answers, likewise.</summary>
    public long OutputTokens => Volatile.Read(ref _outputTokens);

    /// <summary>A metered request has used something.</summary>
    public void Used(in RequestUsage usage)
    {
        Interlocked.Increment(ref usage.Kind == UsageKind.Exact ? ref _exact : ref _estimated);
        Interlocked.Add(ref _inputTokens, usage.Counts.InputTokensTotal);
        Interlocked.Add(ref _outputTokens, usage.Counts.OutputTokens ?? 0);
    }

    /// <summary>A caller was not let in.</summary>
    /// <param name="reason">A stable code, never text from a caller.</param>
    public void CallerRefused(string reason) =>
        Interlocked.Increment(ref _refusals.GetOrAdd(reason, static _ => new StrongBox<long>()).Value);

    /// <summary>A request begins.</summary>
    public void RequestBegan() => Interlocked.Increment(ref _began);

    /// <summary>A request is over.</summary>
    public void RequestEnded(Failure failure)
    {
        Interlocked.Increment(ref _failures[(int)failure]);
        Interlocked.Increment(ref _ended);
    }
}
