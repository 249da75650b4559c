using Edge.Threading;

namespace Edge.Tests.Threading;

public sealed class PooledValueTaskTests
{
    [Fact]
    public async Task A_call_that_does_not_wait_has_its_result_at_once()
    {
        var call = AddAsync(1, Task.CompletedTask);
        Assert.True(call.IsCompleted);
        Assert.True(call.TryGetResult(out var result));
        Assert.Equal(2, result);
        Assert.Equal(2, await call);
    }

    [Fact]
    public async Task A_call_that_waits_goes_on_where_the_wait_ends()
    {
        var wait = new TaskCompletionSource();
        var call = AddAsync(1, wait.Task);
        Assert.False(call.IsCompleted);
        Assert.False(call.TryGetResult(out _));
        var outer = AwaitAsync(call);
        wait.SetResult();
        Assert.Equal(2, await outer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_call_throws_is_thrown_where_it_is_awaited(bool isLate)
    {
        var wait = new TaskCompletionSource();
        if (!isLate)
        {
            wait.SetException(new IOException("gone"));
        }

        var call = AddAsync(1, wait.Task);
        Assert.Equal(!isLate, call.IsCompleted);
        Assert.False(call.TryGetResult(out _));
        var awaiting = call.AsTask();
        if (isLate)
        {
            wait.SetException(new IOException("gone"));
        }

        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => awaiting)).Message);
    }

    [Fact]
    public async Task A_call_is_awaited_once()
    {
        var wait = new TaskCompletionSource();
        var call = AddAsync(1, wait.Task);
        var first = call.GetAwaiter();
        Assert.Throws<InvalidOperationException>(() => Fetch(first));
        var told = new TaskCompletionSource();
        first.OnCompleted(told.SetResult);
        Assert.Throws<InvalidOperationException>(() => call.GetAwaiter().UnsafeOnCompleted(() => { }));
        wait.SetResult();
        await told.Task;
        Assert.Equal(2, Fetch(first));
        Assert.Throws<InvalidOperationException>(() => Fetch(first));
        Assert.Throws<InvalidOperationException>(() => first.OnCompleted(() => { }));

        // The object is the next call's by now.
        var next = new TaskCompletionSource();
        var other = AddAsync(5, next.Task);
        Assert.Throws<InvalidOperationException>(() => Fetch(first));
        next.SetResult();
        Assert.Equal(6, await other);
    }

    [Fact]
    public async Task Calls_that_end_on_other_threads_while_they_begin_to_be_awaited_keep_their_results_apart()
    {
        const int Threads = 4;
        const int Calls = 20_000;
        var sums = await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            var sum = 0L;
            for (var i = 0; i < Calls; i++)
            {
                var wait = new TaskCompletionSource();
                ThreadPool.UnsafeQueueUserWorkItem(static wait => wait.SetResult(), wait, preferLocal: false);
                sum += await AwaitAsync(AddAsync((thread * Calls) + i, wait.Task));
            }

            return sum;
        })));
        for (var thread = 0; thread < Threads; thread++)
        {
            Assert.Equal((((2L * thread) + 1) * Calls * Calls / 2) + (Calls / 2), sums[thread]);
        }
    }

    private static async PooledValueTask<long> AddAsync(long value, Task wait)
    {
        await wait;
        return value + 1;
    }

    private static long Fetch(PooledValueTask<long>.Awaiter awaiter) => awaiter.GetResult();

    private static async PooledValueTask<long> AwaitAsync(PooledValueTask<long> call) => await call;
}
