using System.Text;
using Edge.Core.Memory;
using Edge.Pipeline;

namespace Edge.Tests.Limits;

public sealed class LimitHeadersTests
{
    [Theory]
    [InlineData(0, "0ms")]
    [InlineData(1, "1ms")]
    [InlineData(12_000_000, "12ms")]
    [InlineData(999_000_000, "999ms")]
    [InlineData(1_000_000_000, "1s")]
    [InlineData(1_000_000_001, "2s")]
    [InlineData(60_000_000_000, "1m0s")]
    [InlineData(150_000_000_000, "2m30s")]
    [InlineData(360_000_000_000, "6m0s")]
    [InlineData(3_600_000_000_000, "1h0m0s")]
    [InlineData(3_665_000_000_000, "1h1m5s")]
    public void A_duration_is_written_as_OpenAI_writes_it(long ns, string text)
    {
        var room = new byte[32];
        var lines = new ByteCursor(room);
        LimitHeaders.PutGoDuration(ref lines, ns);
        Assert.Equal(text, Encoding.ASCII.GetString(room.AsSpan(0, lines.Length)));
    }
}
