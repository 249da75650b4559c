using Edge.Core.Identity;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Identity;

public sealed class CallerTests
{
    [Fact]
    public void Keys_of_limits_are_remembered_and_those_of_limits_that_are_gone_make_room()
    {
        var caller = new Caller(CallerKind.ApiKey, Caller.ConsumersSource, "a");
        var hashers = new KeyHasher[20];
        for (var i = 0; i < hashers.Length; i++)
        {
            hashers[i] = new KeyHasher((ulong)i, 0);
            Assert.False(caller.TryGetLimitKey(hashers[i], out _));
            caller.KeepLimitKey(hashers[i], hashers[i].Hash("a"u8));
            Assert.True(caller.TryGetLimitKey(hashers[i], out var key));
            Assert.Equal(hashers[i].Hash("a"u8), key);
        }

        Assert.True(caller.TryGetLimitKey(hashers[^2], out var last));
        Assert.Equal(hashers[^2].Hash("a"u8), last);
        Assert.False(caller.TryGetLimitKey(hashers[0], out _));
    }
}
