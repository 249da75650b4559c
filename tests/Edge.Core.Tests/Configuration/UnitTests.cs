using CsCheck;
using Edge.Core.Configuration.Rules;

namespace Edge.Core.Tests.Configuration;

public sealed class UnitTests
{
    [Fact]
    public void A_duration_is_read_as_it_was_written() =>
        Gen.Long[0, long.MaxValue / TimeSpan.TicksPerMillisecond].Sample(milliseconds =>
        {
            var duration = TimeSpan.FromTicks(milliseconds * TimeSpan.TicksPerMillisecond);
            Assert.True(Durations.TryParse(Durations.Format(duration), out var read));
            Assert.Equal(duration, read);
        });

    [Fact]
    public void A_size_is_read_as_it_was_written() =>
        Gen.Long[0, long.MaxValue].Sample(bytes =>
        {
            Assert.True(Sizes.TryParse(Sizes.Format(bytes), out var read));
            Assert.Equal(bytes, read);
        });

    [Theory]
    [InlineData("9223372036854775807B", long.MaxValue)]
    [InlineData("9223372036854775808B", long.MaxValue)]
    [InlineData("8589934591GiB", 8589934591L << 30)]
    [InlineData("8589934592GiB", long.MaxValue)]
    [InlineData("0GiB", 0)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("10MiB", 10_485_760)]
    public void A_size_that_is_too_large_is_the_largest(string text, long bytes)
    {
        Assert.True(Sizes.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("B")]
    [InlineData("1")]
    [InlineData("1 B")]
    [InlineData("1b")]
    [InlineData("1.5KiB")]
    [InlineData("+1B")]
    [InlineData("-1B")]
    [InlineData("1KiB ")]
    [InlineData("1TiB")]
    [InlineData("\u0661B")]
    public void What_is_not_a_size_is_refused(string text) => Assert.False(Sizes.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("1")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("1.5s")]
    [InlineData("+1s")]
    [InlineData("-1s")]
    [InlineData("1s1s")]
    [InlineData("1ms1s")]
    [InlineData("1m1")]
    [InlineData("1w")]
    [InlineData("\u0661s")]
    public void What_is_not_a_duration_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void A_duration_that_is_too_long_is_the_longest()
    {
        Assert.True(Durations.TryParse("99999999999999999999d", out var longest));
        Assert.True(Durations.TryParse("10675199d2h48m5s478ms", out var exact));
        Assert.True(Durations.TryParse("10675199d2h48m5s477ms", out var oneLess));
        Assert.Equal(longest.Ticks / TimeSpan.TicksPerMillisecond, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond);
        Assert.Equal(longest, exact);
        Assert.Equal(longest, oneLess);
        Assert.Equal(TimeSpan.FromSeconds(90), Durations.TryParse("1m30s", out var read) ? read : default);
    }
}
