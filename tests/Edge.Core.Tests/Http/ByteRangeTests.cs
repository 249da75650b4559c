using System.Globalization;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class ByteRangeTests
{
    private const string TooLong = "99999999999999999999999999999999999999";

    [Theory]
    [InlineData("bytes=0-0", 10, 0, 1)]
    [InlineData("bytes=0-9", 10, 0, 10)]
    [InlineData("bytes=0-10", 10, 0, 10)]
    [InlineData("bytes=9-9", 10, 9, 1)]
    [InlineData("bytes=9-", 10, 9, 1)]
    [InlineData("bytes=0-", 1, 0, 1)]
    [InlineData("bytes=007-008", 10, 7, 2)]
    [InlineData("BYTES=3-4", 10, 3, 2)]
    [InlineData("bytes=-1", 10, 9, 1)]
    [InlineData("bytes=-10", 10, 0, 10)]
    [InlineData("bytes=-11", 10, 0, 10)]
    [InlineData("bytes=-" + TooLong, 10, 0, 10)]
    [InlineData("bytes=5-" + TooLong, 10, 5, 5)]
    [InlineData("bytes=5-9223372036854775807", 10, 5, 5)]
    [InlineData("bytes=0-9223372036854775806", long.MaxValue, 0, long.MaxValue)]
    public void A_range_is_what_there_is_of_it(string text, long length, long start, long count)
    {
        Assert.True(ByteRange.TryParse(text, out var range));
        Assert.True(range.TryResolve(length, out var from, out var many));
        Assert.Equal((start, count), (from, many));
    }

    [Theory]
    [InlineData("bytes=10-", 10)]
    [InlineData("bytes=10-10", 10)]
    [InlineData("bytes=0-", 0)]
    [InlineData("bytes=-0", 10)]
    [InlineData("bytes=-1", 0)]
    [InlineData("bytes=" + TooLong + "-", 10)]
    [InlineData("bytes=" + TooLong + "-" + TooLong, long.MaxValue)]
    public void A_range_of_what_is_not_there_is_none(string text, long length)
    {
        Assert.True(ByteRange.TryParse(text, out var range));
        Assert.False(range.TryResolve(length, out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=-")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=1")]
    [InlineData("bytes=4-3")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=1-2-3")]
    [InlineData("bytes=0-1,3-4")]
    [InlineData("bytes=0-1,")]
    [InlineData("bytes=,0-1")]
    [InlineData("bytes= 0-1")]
    [InlineData("bytes=0 -1")]
    [InlineData("bytes=0-1 ")]
    [InlineData("bytes =0-1")]
    [InlineData("bytes=+0-1")]
    [InlineData("bytes=0x0-0x1")]
    [InlineData("bytes=\u0660-\u0661")]
    [InlineData("bytes=0-1;q=1")]
    [InlineData("items=0-1")]
    [InlineData("0-1")]
    public void What_is_not_one_range_of_bytes_is_not_read(string text)
    {
        Assert.False(ByteRange.TryParse(text, out var range));
        Assert.False(range.IsGiven || range.TryResolve(10, out _, out _));
    }

    [Fact]
    public void Nothing_that_is_asked_for_lies_outside() =>
        Gen.Select(Gen.String[Gen.Char["bytes=0123456789-,  \t"], 0, 24], Gen.OneOf(Gen.Long[0, 40], Gen.Const(long.MaxValue)))
            .Sample(static (text, length) =>
            {
                foreach (var value in new[] { text, "bytes=" + text })
                {
                    if (ByteRange.TryParse(value, out var range) && range.TryResolve(length, out var start, out var count))
                    {
                        Assert.True(start >= 0 && count > 0 && start <= length - count, value);
                    }
                }
            }, iter: 20_000);

    [Fact]
    public void A_range_means_the_bytes_that_it_says() =>
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 30], Gen.Int[0, 20]).Sample(static (first, last, length) =>
        {
            var all = Enumerable.Range(0, length).ToArray();
            var texts = new (string Text, int[] Bytes)[]
            {
                (Text($"bytes={first}-{last}"), [.. all.Where(i => i >= first && i <= last)]),
                (Text($"bytes={first}-"), [.. all.Where(i => i >= first)]),
                (Text($"bytes=-{last}"), [.. all.TakeLast(last)]),
            };
            foreach (var (text, bytes) in texts)
            {
                var isRead = ByteRange.TryParse(text, out var range);
                Assert.Equal(isRead, text != Text($"bytes={first}-{last}") || first <= last);
                Assert.Equal(isRead && range.TryResolve(length, out _, out _), bytes.Length > 0);
                if (isRead && range.TryResolve(length, out var start, out var count))
                {
                    Assert.Equal(bytes, all[(int)start..(int)(start + count)]);
                }
            }
        }, iter: 5000);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
