using System.Buffers.Binary;
using System.Net;
using Edge.Core.Configuration;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class FailureLimiterTests
{
    private static readonly UInt128 Secret = new(0x1234_5678_9ABC_DEF0, 0x0FED_CBA9_8765_4321);
    private static readonly IPAddress Guesser = IPAddress.Parse("203.0.113.7");

    private readonly Clock _clock = new();

    [Fact]
    public void As_many_failures_as_the_limit_are_let_pass_and_not_one_more()
    {
        var limiter = Make(20);
        for (var i = 0; i < 20; i++)
        {
            Assert.True(limiter.MayTry(Guesser));
            limiter.RecordFailure(Guesser);
        }

        Assert.False(limiter.MayTry(Guesser));
        Assert.Equal(3, limiter.RetryAfterSeconds(Guesser));
    }

    [Fact]
    public void Each_share_of_the_time_forgives_one_failure()
    {
        var limiter = Exhausted();
        _clock.Advance(TimeSpan.FromMilliseconds(2_990));
        Assert.False(limiter.MayTry(Guesser));
        Assert.Equal(1, limiter.RetryAfterSeconds(Guesser));
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True(limiter.MayTry(Guesser));
        limiter.RecordFailure(Guesser);
        Assert.False(limiter.MayTry(Guesser));
        _clock.Advance(TimeSpan.FromSeconds(60));
        for (var i = 0; i < 20; i++)
        {
            Assert.True(limiter.MayTry(Guesser));
            limiter.RecordFailure(Guesser);
        }

        Assert.False(limiter.MayTry(Guesser));
    }

    [Fact]
    public void Who_fails_on_while_it_may_not_try_waits_no_longer()
    {
        var limiter = Exhausted();
        for (var i = 0; i < 10_000; i++)
        {
            limiter.RecordFailure(Guesser);
        }

        Assert.Equal(3, limiter.RetryAfterSeconds(Guesser));
    }

    [Fact]
    public void Another_address_is_not_held_to_account()
    {
        var limiter = Exhausted();
        Assert.True(limiter.MayTry(IPAddress.Parse("203.0.113.8")));
        Assert.True(limiter.MayTry(IPAddress.Parse("::cb00:7107")));
        Assert.True(limiter.MayTry(IPAddress.Parse("0:0:cb00:7107::")));
    }

    [Theory]
    [InlineData("203.0.113.7", "::ffff:203.0.113.7", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", true)]
    [InlineData("fe80::1%2", "fe80::2", false)]
    public void IPv6_counts_by_64_bits_and_mapped_IPv4_as_itself(string failed, string asks, bool may)
    {
        var limiter = Make(1);
        limiter.RecordFailure(IPAddress.Parse(failed));
        Assert.Equal(may, limiter.MayTry(IPAddress.Parse(asks)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 60)]
    [InlineData(7, 60)]
    [InlineData(500, 1)]
    [InlineData(1000, 86_400)]
    public void The_limit_is_exact_for_whatever_numbers(int failures, int seconds)
    {
        var limiter = new FailureLimiter(new FailureLimitPlan(failures, TimeSpan.FromSeconds(seconds)), _clock, 1);
        for (var i = 0; i < failures; i++)
        {
            Assert.True(limiter.MayTry(Guesser));
            limiter.RecordFailure(Guesser);
        }

        Assert.False(limiter.MayTry(Guesser));
        Assert.InRange(limiter.RetryAfterSeconds(Guesser), 1, (seconds / failures) + 1);
    }

    [Fact]
    public void A_flood_of_ten_thousand_addresses_a_second_does_not_free_who_has_failed_often()
    {
        var limiter = Exhausted();
        var freed = 0;
        for (var second = 0; second < 60; second++)
        {
            for (var i = 0; i < 10_000; i++)
            {
                limiter.RecordFailure(Address((second * 10_000) + i));
            }

            _clock.Advance(TimeSpan.FromSeconds(1));

            // It tries whenever it may, and fails.
            if (limiter.MayTry(Guesser))
            {
                freed++;
                limiter.RecordFailure(Guesser);
            }
        }

        // Once each three seconds is what it may anyway.
        Assert.InRange(freed, 19, 20);
    }

    [Fact]
    public void Each_of_many_addresses_is_counted_as_long_as_there_is_room()
    {
        const int count = FailureLimiter.AddressCountMax / 4;
        var limiter = Make(2);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < count; i++)
            {
                limiter.RecordFailure(Address(i));
            }
        }

        var blocked = 0;
        for (var i = 0; i < count; i++)
        {
            blocked += limiter.MayTry(Address(i)) ? 0 : 1;
        }

        // A set of eight that more than eight addresses fall into forgets one: at a quarter's load that is rare.
        Assert.InRange(blocked, count * 99 / 100, count);
    }

    [Fact]
    public void Millions_of_addresses_cost_no_memory()
    {
        var limiter = Make(20);
        byte[] bytes = new byte[16];
        limiter.RecordFailure(new IPAddress(bytes));
        var addresses = Enumerable.Range(0, 1000).Select(Address).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var address in addresses)
        {
            limiter.RecordFailure(address);
            limiter.MayTry(address);
        }

        // A collection in between counts what was left of a thread's 8 KiB as used. The smallest object has 24 bytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, addresses.Length * 10);
    }

    [Fact]
    public async Task Threads_that_fail_at_once_are_all_counted()
    {
        var limiter = Make(1000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 250; i++)
            {
                limiter.RecordFailure(Guesser);
            }
        })));
        Assert.False(limiter.MayTry(Guesser));
    }

    private FailureLimiter Exhausted()
    {
        var limiter = Make(20);
        for (var i = 0; i < 20; i++)
        {
            limiter.RecordFailure(Guesser);
        }

        return limiter;
    }

    private FailureLimiter Make(int failures) =>
        new(new FailureLimitPlan(failures, TimeSpan.FromMinutes(1)), _clock, Secret);

    private static IPAddress Address(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, 0x1000_0000u + (uint)number);
        return new IPAddress(bytes);
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
