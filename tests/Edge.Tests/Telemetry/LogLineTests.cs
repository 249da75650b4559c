using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using Edge.Telemetry;

namespace Edge.Tests.Telemetry;

public sealed class LogLineTests
{
    [Fact]
    public void Any_text_comes_back_from_JSON_and_stays_in_its_line() =>
        Gen.Char[char.MinValue, char.MaxValue].Array[0, 60].Select(static chars => new string(chars)).Sample(static text =>
        {
            var line = new LogLine(new byte[LogLine.BytesMax]);
            line.Put("{\"a\":1"u8);
            line.PutText(",\"b\":"u8, text);
            line.Put("}"u8);
            using var json = JsonDocument.Parse(line.Written.ToArray());
            var expected = new StringBuilder();
            foreach (var rune in text.EnumerateRunes())
            {
                expected.Append(rune.Value is (>= 0x80 and <= 0x9F) or 0x2028 or 0x2029 ? "\uFFFD" : rune.ToString());
            }

            Assert.Equal(expected.ToString(), json.RootElement.GetProperty("b").GetString());
            Assert.Equal(2, json.RootElement.EnumerateObject().Count());
            Assert.DoesNotContain((byte)'\n', line.Written.ToArray());
        });

    [Theory]
    [InlineData("plain text", "\"plain text\"")]
    [InlineData("", "\"-\"")]
    [InlineData(null, "\"-\"")]
    [InlineData("a\"b\\c", "\"a\\x22b\\x5cc\"")]
    [InlineData("a\r\nGET / \u001b[31m\u007f", "\"a\\x0d\\x0aGET / \\x1b[31m\\x7f\"")]
    [InlineData("\u00e9", "\"\\xc3\\xa9\"")]
    public void Quoted_text_has_nothing_that_could_end_it(string? text, string expected)
    {
        var line = new LogLine(new byte[LogLine.BytesMax]);
        line.PutQuoted(text);
        Assert.Equal(expected, Encoding.ASCII.GetString(line.Written));
    }

    [Theory]
    [InlineData(LogLine.TextCharsMax)]
    [InlineData(LogLine.TextCharsMax + 1)]
    public void Long_text_is_cut(int chars)
    {
        var line = new LogLine(new byte[LogLine.BytesMax]);
        line.PutEscaped(new string('\u0001', chars));
        Assert.Equal(LogLine.TextCharsMax * 6, line.Written.Length);
    }

    [Fact]
    public void Numbers_and_addresses_are_written_as_they_are_read()
    {
        var line = new LogLine(new byte[LogLine.BytesMax]);
        line.PutMilliseconds(1_234_567);
        line.Put(" "u8);
        line.PutMillionths(70_000_045);
        line.Put(" "u8);
        line.Put(IPAddress.Parse("2001:db8::1"));
        line.Put(" "u8);
        LogClock.PutIso(ref line, new DateTimeOffset(2026, 11, 26, 2, 16, 7, 45, TimeSpan.FromHours(1)));
        line.Put(" "u8);
        LogClock.PutCommon(ref line, new DateTimeOffset(2026, 1, 6, 2, 16, 7, TimeSpan.Zero));
        Assert.Equal(
            "1.234 70.000045 2001:db8::1 2026-11-26T01:16:07.045Z [06/Jan/2026:02:16:07 +0000]",
            Encoding.ASCII.GetString(line.Written));
    }
}
