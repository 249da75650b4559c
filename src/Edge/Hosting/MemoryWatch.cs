using Edge.Core.Configuration;
using Edge.Pipeline;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>
/// Looks a few times a second at how much memory the process uses, and says whether new requests are to be turned away. At the
/// mark it first has garbage collected; only what is left after that counts. It ends with <see cref="Dispose"/>.
/// <see cref="IsHigh"/> costs a read; the rest is for one thread at a time.
/// </summary>
internal sealed class MemoryWatch : IDisposable
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Time between two collections while memory is short, since each holds the program.</summary>
    public static readonly TimeSpan CollectEvery = TimeSpan.FromSeconds(10);

    /// <summary>Once the mark was reached, so much less of the limit has to be used before requests are let in again.</summary>
    public const double Margin = 0.05;

    /// <summary>How long whoever is turned away is told to wait.</summary>
    public const int RetryAfterSeconds = 2;

    private readonly IProcessMemory _memory;
    private readonly ProgramLog _log;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private volatile MemoryPlan _plan;
    private volatile bool _isHigh;
    private long _collectedAt;
    private long _shed;

    /// <summary>Begins to look.</summary>
    public MemoryWatch(MemoryPlan plan, IProcessMemory memory, ProgramLog log, TimeProvider time)
    {
        _plan = plan;
        _memory = memory;
        _log = log;
        _time = time;
        _timer = time.CreateTimer(static watch => ((MemoryWatch)watch!).Look(), this, LookEvery, LookEvery);
    }

    /// <summary>True while new requests are to be turned away.</summary>
    public bool IsHigh => _isHigh;

    /// <summary>Requests turned away, those included for whose bodies there was no room.</summary>
    public long Shed => Volatile.Read(ref _shed) + BodyMemory.OfProcess.Refused;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => _memory.UsedBytes;

    /// <summary>Bytes that may be used.</summary>
    public long LimitBytes => _plan.LimitBytes ?? _memory.LimitBytes;

    /// <summary>Goes by another plan from the next look on.</summary>
    public void Apply(MemoryPlan plan) => _plan = plan;

    /// <summary>A request was turned away.</summary>
    public void CountShed() => Interlocked.Increment(ref _shed);

    /// <summary>Looks now.</summary>
    public void Look()
    {
        // A look that takes longer than the time between two, for it collects, must not be joined by another.
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            var plan = _plan;
            var mark = _isHigh ? plan.ShedAt - Margin : plan.ShedAt;
            var isHigh = plan.ShedAt < 1 && Share(plan) >= mark;
            if (isHigh && (_collectedAt == 0 || _time.GetElapsedTime(_collectedAt) >= CollectEvery))
            {
                _memory.Collect();
                _collectedAt = _time.GetTimestamp();
                isHigh = Share(plan) >= mark;
            }

            if (isHigh != _isHigh)
            {
                _isHigh = isHigh;
                Tell(isHigh);
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private double Share(MemoryPlan plan) => Math.Max(
        (double)_memory.UsedBytes / (plan.LimitBytes ?? _memory.LimitBytes), _memory.HeapShare);

    private void Tell(bool isHigh)
    {
        if (isHigh)
        {
            _log.MemoryIsShort(UsedBytes >> 20, LimitBytes >> 20);
        }
        else
        {
            _log.MemoryIsEnough(UsedBytes >> 20, LimitBytes >> 20);
        }
    }
}
