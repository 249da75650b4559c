using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1000)]
    [InlineData("1.5", 1500)]
    [InlineData("86399", 86_399_000)]
    [InlineData("86400", 86_400_000)]
    [InlineData("86401", 86_400_000)]
    [InlineData("1e300", 86_400_000)]
    [InlineData("99999999999999999999999999", 86_400_000)]
    [InlineData("Thu, 01 Jan 2026 00:00:07 GMT", 7000)]
    [InlineData("Wed, 31 Dec 2025 23:59:59 GMT", 0)]
    [InlineData("Fri, 01 Jan 2027 00:00:00 GMT", 86_400_000)]
    public void Seconds_and_dates_are_understood_and_bounded(string value, int ms) =>
        Assert.Equal(TimeSpan.FromMilliseconds(ms), RetryAfter.ReadValue(Encoding.ASCII.GetBytes(value), Now));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("5 seconds")]
    [InlineData("5,6")]
    [InlineData("soon")]
    [InlineData("2026-01-01T00:00:07Z")]
    public void What_is_neither_says_nothing(string value) =>
        Assert.Null(RetryAfter.ReadValue(Encoding.ASCII.GetBytes(value), Now));

    [Theory]
    [InlineData("Retry-After: 3\r\n", 3000)]
    [InlineData("Retry-After: 3\r\nRetry-After-Ms: 250\r\n", 250)]
    [InlineData("retry-after-ms: 250\r\nretry-after: 3\r\n", 250)]
    [InlineData("retry-after-ms: x\r\nretry-after: 3\r\n", 3000)]
    [InlineData("retry-after: 3\r\nretry-after: 9\r\n", 3000)]
    [InlineData("x-retry-after: 3\r\n", null)]
    public void Of_a_head_milliseconds_come_first(string fields, int? ms)
    {
        var bytes = Encoding.ASCII.GetBytes($"HTTP/1.1 429 Too Many Requests\r\n{fields}\r\n");
        var head = new ResponseHead(bytes.Length + 1);
        Assert.Equal(ParseStatus.Complete, head.Parse(bytes, out _));
        Assert.Equal(ms is { } number ? TimeSpan.FromMilliseconds(number) : null, RetryAfter.Read(head, bytes, Now));
    }
}
