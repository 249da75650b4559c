using Edge.Core.Identity;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Identity;

public sealed class CallerTests
{
    [Fact]
    public void Buckets_of_limits_are_remembered_and_those_of_limits_that_are_gone_make_room()
    {
        var caller = new Caller(CallerKind.ApiKey, Caller.ConsumersSource, "a");
        var hashers = new KeyHasher[80];
        for (var i = 0; i < hashers.Length; i++)
        {
            hashers[i] = new KeyHasher((ulong)i, 0);
            Assert.Null(caller.FindBucket(hashers[i]));
            var bucket = BucketOf(hashers[i]);
            caller.KeepBucket(hashers[i], bucket);
            Assert.Same(bucket, caller.FindBucket(hashers[i]));
        }

        // 64 are remembered: the first sixteen have made room.
        for (var i = 0; i < hashers.Length; i++)
        {
            Assert.Equal(i >= 16, caller.FindBucket(hashers[i]) is not null);
        }
    }

    [Fact]
    public void A_bucket_takes_the_place_of_the_one_before_it_of_the_same_limit()
    {
        var caller = new Caller(CallerKind.ApiKey, Caller.ConsumersSource, "a");
        KeyHasher first = new(1, 0), second = new(2, 0);
        caller.KeepBucket(first, BucketOf(first));
        var other = BucketOf(second);
        caller.KeepBucket(second, other);
        for (var i = 0; i < 100; i++)
        {
            var bucket = BucketOf(first);
            caller.KeepBucket(first, bucket);
            Assert.Same(bucket, caller.FindBucket(first));
        }

        Assert.Same(other, caller.FindBucket(second));
    }

    private static Bucket BucketOf(KeyHasher hasher) =>
        new(hasher.Hash("a"u8), LimitRule.Concurrent("a", "a", 1));
}
