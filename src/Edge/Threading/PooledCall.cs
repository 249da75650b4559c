using System.Runtime.ExceptionServices;

namespace Edge.Threading;

/// <summary>
/// Where a call that waits keeps its result until it is fetched, once, by whoever awaits it. Used for one call after another.
/// The end of the call and <see cref="OnCompleted"/> may come at the same time from two threads; all else is in turn.
/// </summary>
/// <typeparam name="TResult">What the call returns.</typeparam>
internal abstract class PooledCall<TResult>
{
    private static readonly Action Over = static () => { };

    private Action? _continuation;
    private ExceptionDispatchInfo? _error;
    private TResult _result = default!;
    private bool _isOver;

    /// <summary>Which of its calls this is. An awaiter of an earlier one has another number and is told so.</summary>
    public ushort Version { get; private set; }

    /// <summary>True from the end of the call until its result is fetched; for who has not said what is to run then.</summary>
    /// <remarks>Not a moment before the end's last write to this object, which could hit another call in it.</remarks>
    public bool IsCompleted => ReferenceEquals(Volatile.Read(ref _continuation), Over);

    /// <summary>The call returned. Whoever waits runs on within this.</summary>
    public void SetResult(TResult result)
    {
        _result = result;
        Complete();
    }

    /// <summary>The call threw. Whoever waits runs on within this.</summary>
    public void SetException(Exception exception)
    {
        _error = ExceptionDispatchInfo.Capture(exception);
        Complete();
    }

    /// <summary>Fetches the result, or throws what the call threw. The object is the next call's after that.</summary>
    /// <exception cref="InvalidOperationException">The call is not over, or its result was fetched before.</exception>
    public TResult GetResult(ushort version)
    {
        if (version != Version || !_isOver)
        {
            throw Misused();
        }

        var (result, error) = (_result, _error);
        Version++;
        _isOver = false;
        _continuation = null;
        _result = default!;
        _error = null;
        Return();
        error?.Throw();
        return result;
    }

    /// <summary>Has something run once the call is over.</summary>
    /// <exception cref="InvalidOperationException">The result was fetched before, or somebody waits already.</exception>
    public void OnCompleted(Action continuation, ushort version)
    {
        if (version != Version)
        {
            throw Misused();
        }

        if (Interlocked.CompareExchange(ref _continuation, continuation, null) is { } before)
        {
            // The call has ended since it was last looked at. Not within this: who waits has not yet let go of its stack.
            if (before != Over)
            {
                throw Misused();
            }

            ThreadPool.UnsafeQueueUserWorkItem(static action => action(), continuation, preferLocal: true);
        }
    }

    /// <summary>Nobody has this any more: it may serve another call.</summary>
    protected abstract void Return();

    private static InvalidOperationException Misused() => new("A pooled call is awaited once, and by one.");

    private void Complete()
    {
        _isOver = true;
        var continuation = _continuation ?? Interlocked.CompareExchange(ref _continuation, Over, null);
        continuation?.Invoke();
    }
}
