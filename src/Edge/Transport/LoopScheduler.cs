using System.IO.Pipelines;

namespace Edge.Transport;

/// <summary>
/// Runs what waited for a pipe on the loop that filled it, after the events at hand, and what was filled elsewhere on the thread
/// pool. Never at once: who fills a pipe may hold a lock.
/// </summary>
internal sealed class LoopScheduler : PipeScheduler
{
    /// <summary>It has no state.</summary>
    public static LoopScheduler Instance { get; } = new();

    /// <inheritdoc/>
    public override void Schedule(Action<object?> action, object? state)
    {
        if (EventLoop.Current is { } loop)
        {
            loop.PostHere(action, state);
        }
        else
        {
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
    }
}
