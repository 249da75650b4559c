namespace Edge.Transport;

/// <summary>
/// Sockets that are closed for their owners while the kernel does not yet take their last bytes: their peers are slow. A process
/// that is to end waits for them. Thread-safe.
/// </summary>
internal sealed class ClosingSockets
{
    private readonly Lock _gate = new();
    private int _count;
    private TaskCompletionSource? _none;

    /// <summary>Those of the process.</summary>
    public static ClosingSockets OfProcess { get; } = new();

    /// <summary>Ends when there is none.</summary>
    public Task NoneAsync()
    {
        lock (_gate)
        {
            return _count == 0
                ? Task.CompletedTask
                : (_none ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>One more.</summary>
    public void Add()
    {
        lock (_gate)
        {
            _count++;
        }
    }

    /// <summary>One has been closed for good.</summary>
    public void Remove()
    {
        lock (_gate)
        {
            if (--_count == 0)
            {
                _none?.SetResult();
                _none = null;
            }
        }
    }
}
