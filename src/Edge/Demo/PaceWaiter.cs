using System.Threading.Tasks.Sources;

namespace Edge.Demo;

/// <summary>
/// One party that waits on a <see cref="PaceWheel"/>, again and again, without allocating. It belongs to one exchange and
/// waits for one thing at a time. All fields but the source itself are guarded by the wheel's lock.
/// </summary>
internal sealed class PaceWaiter : IValueTaskSource<bool>
{
    // Continuations go to the thread pool: one tick wakes many streams, and they are to use every core.
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };

    /// <summary>Neighbours in the wheel's slot.</summary>
    internal PaceWaiter? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    internal PaceWaiter? Next { get; set; }

    /// <summary>The tick in which it is due; <see cref="long.MaxValue"/> waits for cancellation alone.</summary>
    internal long DueTick { get; set; }

    /// <summary>True from the start of a wait until somebody has undertaken to complete it.</summary>
    internal bool Waiting { get; set; }

    /// <summary>True once cancelled: every later wait ends at once.</summary>
    internal bool Cancelled { get; set; }

    /// <inheritdoc/>
    public bool GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Begins a wait.</summary>
    internal ValueTask<bool> Begin()
    {
        _source.Reset();
        Waiting = true;
        return new ValueTask<bool>(this, _source.Version);
    }

    /// <summary>Ends a wait: true when its time came, false when it was cancelled.</summary>
    internal void Complete(bool due) => _source.SetResult(due);
}
