using System.Runtime.CompilerServices;

namespace Edge.Threading;

/// <summary>
/// What an async method on the way of a request gives its caller: its result, or the object from a pool that has it once the
/// call is over. Such a method needs nothing but this for its return type. To be awaited exactly once.
/// </summary>
/// <remarks>
/// A <see cref="ValueTask{TResult}"/> may hold a Task or a source behind an interface, and each place that awaits one has the
/// code for all of that. A request awaits two dozen calls, most of which have not waited: here each is a comparison with null.
/// </remarks>
/// <typeparam name="TResult">What the method returns.</typeparam>
[AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
internal readonly struct PooledValueTask<TResult>
{
    private readonly PooledCall<TResult>? _call;
    private readonly TResult _result;
    private readonly ushort _version;

    /// <summary>A call that is over.</summary>
    public PooledValueTask(TResult result) => _result = result;

    /// <summary>A call that waits, or that threw.</summary>
    internal PooledValueTask(PooledCall<TResult> call)
    {
        _call = call;
        _version = call.Version;
        _result = default!;
    }

    /// <summary>True once the result, or the exception, is there.</summary>
    public bool IsCompleted => _call is null || _call.IsCompleted;

    /// <summary>The result of a call that has not waited, which may still be awaited; false: it has, or it threw.</summary>
    public bool TryGetResult(out TResult result)
    {
        result = _result;
        return _call is null;
    }

    /// <summary>What the compiler awaits.</summary>
    public Awaiter GetAwaiter() => new(this);

    /// <summary>The same for who waits for several at once, or must let go of one. Takes the place of awaiting it.</summary>
    public async Task<TResult> AsTask() => await this;

    /// <summary>Awaits a call.</summary>
    public readonly struct Awaiter : ICriticalNotifyCompletion
    {
        private readonly PooledValueTask<TResult> _task;

        /// <summary>For the compiler.</summary>
        internal Awaiter(PooledValueTask<TResult> task) => _task = task;

        /// <summary>True once there is nothing to wait for.</summary>
        public bool IsCompleted => _task.IsCompleted;

        /// <summary>What the call returned, or its exception. The call's memory goes back to its pool.</summary>
        public TResult GetResult() => _task._call is { } call ? call.GetResult(_task._version) : _task._result;

        /// <summary>Has something run once the call is over, on the thread that ends it.</summary>
        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        /// <summary>The same.</summary>
        public void UnsafeOnCompleted(Action continuation) => _task._call!.OnCompleted(continuation, _task._version);
    }
}
