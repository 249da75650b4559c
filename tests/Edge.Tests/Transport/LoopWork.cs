using Edge.Transport;

namespace Edge.Tests.Transport;

/// <summary>Something done on a loop's thread, in one turn.</summary>
internal sealed class LoopWork : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _work;

    private LoopWork(Action work) => _work = work;

    /// <summary>Has it done, and waits for that.</summary>
    public static Task RunAsync(EventLoop loop, Action work)
    {
        var item = new LoopWork(work);
        loop.Post(item);
        return item._done.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _work();
            _done.SetResult();
        }
        catch (Exception exception)
        {
            _done.SetException(exception);
        }
    }
}
