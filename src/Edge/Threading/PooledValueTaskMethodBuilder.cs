using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Edge.Threading;

/// <summary>
/// Builds async methods whose state, when they have to wait, lies in an object from a pool: those that return a
/// <see cref="PooledValueTask{TResult}"/>.
/// </summary>
/// <remarks>
/// The framework's <see cref="PoolingAsyncValueTaskMethodBuilder{TResult}"/> keeps one object a thread and one a core, and an
/// event loop has as many requests waiting as it has callers. Here each thread keeps a list, without a lock since a request
/// mostly begins and ends on one loop; what a thread has too many of goes to a list that all share, for those that are short of
/// it. The execution context is not carried across waits: nothing on this path has ambient state.
/// </remarks>
/// <typeparam name="TResult">What the method returns.</typeparam>
[SuppressMessage("Performance", "CA1822", Justification = "The compiler wants instance methods.")]
internal struct PooledValueTaskMethodBuilder<TResult>
{
    private PooledCall<TResult>? _box;
    private TResult _result;

    /// <summary>What the caller awaits.</summary>
    public readonly PooledValueTask<TResult> Task => _box is null ? new(_result) : new(_box);

    /// <summary>A builder for one call.</summary>
    public static PooledValueTaskMethodBuilder<TResult> Create() => default;

    /// <summary>Runs the method until its first wait.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    /// <summary>Not used: the state is boxed here.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine) => ArgumentNullException.ThrowIfNull(stateMachine);

    /// <summary>The method returned.</summary>
    public void SetResult(TResult result)
    {
        if (_box is null)
        {
            _result = result;
        }
        else
        {
            _box.SetResult(result);
        }
    }

    /// <summary>The method threw.</summary>
    public void SetException(Exception exception)
    {
        _box ??= new FaultedBox();
        _box.SetException(exception);
    }

    /// <summary>The method waits.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(Box(ref stateMachine));

    /// <summary>The method waits.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(Box(ref stateMachine));

    private Action Box<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is not null)
        {
            // A builder serves one method, and a call that threw does not wait any more.
            return Unsafe.As<StateBox<TStateMachine>>(_box).MoveNextAction;
        }

        // The box is set before the state is copied into it: the copy must know its box.
        var box = StateBox<TStateMachine>.Rent();
        _box = box;
        box.State = stateMachine;
        return box.MoveNextAction;
    }

    /// <summary>A call that threw before its first wait.</summary>
    private sealed class FaultedBox : PooledCall<TResult>
    {
        protected override void Return()
        {
            // Failures are rare: the collector may have it.
        }
    }

    /// <summary>The state of a call of one method.</summary>
    private sealed class StateBox<TStateMachine> : PooledCall<TResult>
        where TStateMachine : IAsyncStateMachine
    {
        /// <summary>Most objects of one method that a thread keeps.</summary>
        private const int KeptByThreadMax = 256;

        /// <summary>Most that all threads keep together beside that.</summary>
        private const int KeptByAllMax = 1024;

        private static readonly Lock Gate = new();
        private static StateBox<TStateMachine>? OfAll;
        private static int OfAllCount;

        [ThreadStatic]
        private static StateBox<TStateMachine>? OfThread;

        [ThreadStatic]
        private static int OfThreadCount;

        private StateBox<TStateMachine>? _next;

        private StateBox() => MoveNextAction = MoveNext;

        public TStateMachine? State;

        public Action MoveNextAction { get; }

        public static StateBox<TStateMachine> Rent()
        {
            var box = OfThread;
            if (box is null)
            {
                return RentOfAll();
            }

            OfThread = box._next;
            OfThreadCount--;
            box._next = null;
            return box;
        }

        protected override void Return()
        {
            // The state may refer to a request that is over.
            State = default;
            if (OfThreadCount >= KeptByThreadMax)
            {
                ReturnToAll();
                return;
            }

            _next = OfThread;
            OfThread = this;
            OfThreadCount++;
        }

        private static StateBox<TStateMachine> RentOfAll()
        {
            lock (Gate)
            {
                if (OfAll is { } box)
                {
                    OfAll = box._next;
                    OfAllCount--;
                    box._next = null;
                    return box;
                }
            }

            return new StateBox<TStateMachine>();
        }

        private void ReturnToAll()
        {
            lock (Gate)
            {
                if (OfAllCount < KeptByAllMax)
                {
                    _next = OfAll;
                    OfAll = this;
                    OfAllCount++;
                }
            }
        }

        private void MoveNext() => State!.MoveNext();
    }
}
