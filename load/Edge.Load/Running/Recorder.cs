using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Measuring;

namespace Edge.Load.Running;

/// <summary>
/// Counts and times of a run. Every time runs from the moment an arrival was due, not from when it was made: so a gateway that
/// stalls is charged for all who would have come meanwhile. Thread-safe, but for what is read when the run is over.
/// </summary>
internal sealed class Recorder
{
    /// <summary>Most errors that are told in full.</summary>
    public const int SamplesMax = 10;

    private readonly Lock _gate = new();
    private readonly RatePlan _plan;
    private readonly long _startNs;
    private readonly bool _isOfStreams;
    private readonly Latencies _second = new();
    private readonly List<Slice> _slices = [];
    private readonly Dictionary<(string Kind, Verdict Verdict), long> _counts = [];
    private readonly List<string> _samples = [];
    private long _begun;
    private long _ended;
    private long _failed;
    private (long Ns, long Begun, long Ended, long Failed, long ProcessorNs) _last;

    /// <summary>A run whose first arrival that counts is due at a moment of the monotonic clock.</summary>
    public Recorder(RatePlan plan, long startNs, bool isOfStreams)
    {
        (_plan, _startNs, _isOfStreams) = (plan, startNs, isOfStreams);
        Steps = Array.ConvertAll(plan.StepRates, static _ => new Latencies());
        _last = (Monotonic.NowNs, 0, 0, 0, 0);
    }

    /// <summary>From the moment due to the last byte.</summary>
    public Latencies Whole { get; } = new();

    /// <summary>From the moment due to the first byte.</summary>
    public Latencies FirstByte { get; } = new();

    /// <summary>How late arrivals were made.</summary>
    public Latencies Late { get; } = new();

    /// <summary>The times that matter, by the step that the arrival was due in.</summary>
    public Latencies[] Steps { get; }

    /// <summary>The times that matter in this run.</summary>
    public Latencies Felt => _isOfStreams ? FirstByte : Whole;

    /// <summary>Arrivals that were not made, since too many were without an answer.</summary>
    public long Dropped { get; private set; }

    /// <summary>Seconds that are over.</summary>
    public IReadOnlyList<Slice> Slices => _slices;

    /// <summary>The first errors in full.</summary>
    public IReadOnlyList<string> Samples => _samples;

    /// <summary>Answers that count: of arrivals after the warm-up.</summary>
    public long Measured { get; private set; }

    /// <summary>Bytes of all bodies.</summary>
    public long Bytes { get; private set; }

    /// <summary>Answers by kind, the most frequent first.</summary>
    public Count[] Counts
    {
        get
        {
            lock (_gate)
            {
                return
                [
                    .. _counts.Select(static pair => new Count(pair.Key.Kind, pair.Key.Verdict, pair.Value))
                        .OrderByDescending(static count => count.Number),
                ];
            }
        }
    }

    /// <summary>Questions without an answer.</summary>
    public long InFlight
    {
        get
        {
            lock (_gate)
            {
                return _begun - _ended;
            }
        }
    }

    /// <summary>An arrival is made.</summary>
    public void Begin(long dueNs, long nowNs)
    {
        lock (_gate)
        {
            _begun++;
            if (dueNs >= _startNs)
            {
                Late.Add(nowNs - dueNs);
            }
        }
    }

    /// <summary>An arrival can't be made.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            Dropped++;
        }
    }

    /// <summary>An answer is there, or will never be.</summary>
    public void End(long dueNs, long nowNs, in Answer answer)
    {
        lock (_gate)
        {
            _ended++;
            Bytes += answer.Bytes;
            var key = (answer.Kind, answer.Verdict);
            _counts[key] = _counts.GetValueOrDefault(key) + 1;
            if (answer.Verdict == Verdict.Failed)
            {
                _failed++;
                if (_samples.Count < SamplesMax)
                {
                    _samples.Add($"{answer.Kind}: {answer.Detail}");
                }
            }

            // What never had a first byte is charged to its end.
            var firstNs = (answer.FirstByteNs == 0 ? nowNs : answer.FirstByteNs) - dueNs;
            var feltNs = _isOfStreams ? firstNs : nowNs - dueNs;
            _second.Add(feltNs);
            if (dueNs >= _startNs)
            {
                Measured++;
                Whole.Add(nowNs - dueNs);
                FirstByte.Add(firstNs);
                Steps[_plan.StepAt(dueNs - _startNs)].Add(feltNs);
            }
        }
    }

    /// <summary>Ends a second, with what the gateway has used until now.</summary>
    public Slice EndSecond(long nowNs, long processorNs, long residentBytes)
    {
        lock (_gate)
        {
            var seconds = Math.Max(1e-9, (nowNs - _last.Ns) / (double)Monotonic.SecondNs);
            var slice = new Slice(
                (nowNs - _startNs) / (double)Monotonic.SecondNs,
                (_begun - _last.Begun) / seconds,
                (_ended - _last.Ended) / seconds,
                (_failed - _last.Failed) / seconds,
                _begun - _ended,
                _second.Percentile(50),
                _second.Percentile(99),
                _second.MaxMs,
                _last.ProcessorNs == 0 ? 0 : (processorNs - _last.ProcessorNs) / seconds / Monotonic.SecondNs,
                residentBytes);
            _slices.Add(slice);
            _second.Clear();
            _last = (nowNs, _begun, _ended, _failed, processorNs);
            return slice;
        }
    }
}
