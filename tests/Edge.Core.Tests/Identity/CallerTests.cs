using Edge.Core.Identity;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Identity;

public sealed class CallerTests
{
    [Fact]
    public void Keys_of_limits_are_remembered_and_those_of_limits_that_are_gone_make_room()
    {
        var caller = new Caller(CallerKind.ApiKey, Caller.ConsumersSource, "a");
        var hashers = new KeyHasher[80];
        for (var i = 0; i < hashers.Length; i++)
        {
            hashers[i] = new KeyHasher((ulong)i, 0);
            Assert.False(caller.TryGetLimitKey(hashers[i], out _));
            caller.KeepLimitKey(hashers[i], hashers[i].Hash("a"u8));
            Assert.True(caller.TryGetLimitKey(hashers[i], out var key));
            Assert.Equal(hashers[i].Hash("a"u8), key);
        }

        // 64 are remembered: the first sixteen have made room.
        for (var i = 0; i < hashers.Length; i++)
        {
            Assert.Equal(i >= 16, caller.TryGetLimitKey(hashers[i], out _));
        }
    }
}
