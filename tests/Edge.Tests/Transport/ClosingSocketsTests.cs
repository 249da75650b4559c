using Edge.Transport;

namespace Edge.Tests.Transport;

public sealed class ClosingSocketsTests
{
    [Fact]
    public async Task The_end_comes_when_the_last_is_gone()
    {
        var sockets = new ClosingSockets();
        Assert.True(sockets.NoneAsync().IsCompletedSuccessfully);
        sockets.Add();
        sockets.Add();
        var none = sockets.NoneAsync();
        sockets.Remove();
        Assert.False(none.IsCompleted);
        sockets.Remove();
        await none.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        sockets.Add();
        Assert.False(sockets.NoneAsync().IsCompleted);
    }
}
