namespace Edge.Tests.Support;

/// <summary>An end to waiting: no test may wait for what never comes without failing.</summary>
internal static class Deadline
{
    /// <summary>Cancelled at the test's own end, or after a time; to be disposed.</summary>
    /// <param name="within">How long; <see cref="RawConnection.DeadlineDefault"/> if null.</param>
    public static CancellationTokenSource Begin(TimeSpan? within = null)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(within ?? RawConnection.DeadlineDefault);
        return deadline;
    }

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        using var deadline = Begin();
        while (!holds())
        {
            await Task.Delay(1, deadline.Token);
        }
    }
}
