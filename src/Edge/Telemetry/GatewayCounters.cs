using System.Collections.Concurrent;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>Counts of one gateway since it started. Thread-safe; reading is approximate while requests run.</summary>
internal sealed class GatewayCounters
{
    private readonly StripedCounter[] _failures =
        Array.ConvertAll(new StripedCounter[Failures.Count], static _ => new StripedCounter());

    private readonly ConcurrentDictionary<string, StripedCounter> _refusals = new(StringComparer.Ordinal);
    private readonly StripedCounter _began = new();
    private readonly StripedCounter _ended = new();
    private readonly StripedCounter _exact = new();
    private readonly StripedCounter _estimated = new();
    private readonly StripedCounter _inputTokens = new();
    private readonly StripedCounter _outputTokens = new();

    /// <summary>Requests begun.</summary>
    public long Began => _began.Value;

    /// <summary>Requests running now, streams included.</summary>
    public long Running => _began.Value - _ended.Value;

    /// <summary>Requests that ended with this failure; <see cref="Failure.None"/> counts those that did not fail.</summary>
    public long Ended(Failure failure) => _failures[(int)failure].Value;

    /// <summary>How often callers were not let in, by reason. The reasons are the program's own, and so as few.</summary>
    public IEnumerable<KeyValuePair<string, long>> Refusals
    {
        get
        {
            foreach (var (reason, count) in _refusals)
            {
                yield return KeyValuePair.Create(reason, count.Value);
            }
        }
    }

    /// <summary>Metered requests whose usage the provider told.</summary>
    public long Exact => _exact.Value;

    /// <summary>Metered requests whose usage is estimated.</summary>
    public long Estimated => _estimated.Value;

    /// <summary>Tokens of prompts, of all metered requests.</summary>
    public long InputTokens => _inputTokens.Value;

    /// <summary>Tokens of answers, likewise.</summary>
    public long OutputTokens => _outputTokens.Value;

    /// <summary>A metered request has used something.</summary>
    public void Used(in RequestUsage usage)
    {
        (usage.Kind == UsageKind.Exact ? _exact : _estimated).Increment();
        _inputTokens.Add(usage.Counts.InputTokensTotal);
        _outputTokens.Add(usage.Counts.OutputTokens ?? 0);
    }

    /// <summary>A caller was not let in.</summary>
    /// <param name="reason">A stable code, never text from a caller.</param>
    public void CallerRefused(string reason) =>
        _refusals.GetOrAdd(reason, static _ => new StripedCounter()).Increment();

    /// <summary>A request begins.</summary>
    public void RequestBegan() => _began.Increment();

    /// <summary>A request is over.</summary>
    public void RequestEnded(Failure failure)
    {
        _failures[(int)failure].Increment();
        _ended.Increment();
    }
}
