using System.Runtime.CompilerServices;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Makes the task that the server awaits of a request that waits itself. One of an async method would hold the method's state
/// besides, anew for each request; that state lies in a pool here, and 72 bytes are made. Used for one request after another.
/// </summary>
internal sealed class RequestCompletion
{
    private readonly Action _end;
    private AsyncTaskMethodBuilder _task;
    private PooledValueTask<bool>.Awaiter _request;

    /// <summary>One for the requests of a connection, or of a stream.</summary>
    public RequestCompletion() => _end = End;

    /// <summary>The task of a request: faulted where its answer is not whole.</summary>
    public Task Of(PooledValueTask<bool> request)
    {
        var awaiter = request.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            return awaiter.GetResult() ? Task.CompletedTask : Task.FromException(new BrokenOffException());
        }

        _request = awaiter;
        _task = AsyncTaskMethodBuilder.Create();
        var task = _task.Task;
        awaiter.UnsafeOnCompleted(_end);
        return task;
    }

    private void End()
    {
        // The connection's next request may begin within the end of this one's task.
        var (task, request) = (_task, _request);
        (_task, _request) = (default, default);
        bool isWhole;
        try
        {
            isWhole = request.GetResult();
        }
        catch (Exception exception)
        {
            task.SetException(exception);
            return;
        }

        if (isWhole)
        {
            task.SetResult();
        }
        else
        {
            // Kestrel then sends neither a last chunk nor END_STREAM: the connection is closed, the stream reset.
            task.SetException(new BrokenOffException());
        }
    }
}
