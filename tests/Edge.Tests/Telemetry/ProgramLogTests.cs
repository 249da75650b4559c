using System.Reflection;
using System.Text;
using CsCheck;
using Edge.Core.Configuration;
using Edge.Pipeline;
using Edge.Telemetry;
using Edge.Tests.Demo;
using Microsoft.Extensions.Logging;

namespace Edge.Tests.Telemetry;

public sealed class ProgramLogTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    [Theory]
    [InlineData(ProgramLogLevel.Information, "read again;changed;not taken")]
    [InlineData(ProgramLogLevel.Warning, "changed;not taken")]
    [InlineData(ProgramLogLevel.Error, "not taken")]
    public async Task What_is_said_goes_by_the_level_of_the_moment(ProgramLogLevel level, string expected)
    {
        var said = new StringWriter();
        await using (var log = new ProgramLog(said) { Level = level })
        {
            log.CertificateRead("a");
            log.TargetChanged("llm", "a:1", "the circuit is closed, or changed");
            log.CertificateRefused("a", "no");
        }

        var lines = said.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Split(';').Length, lines.Length);
        Assert.All(expected.Split(';').Zip(lines), static pair => Assert.Contains(pair.First, pair.Second, Ordinal));
    }

    [Theory]
    [InlineData(LogLevel.Debug, false)]
    [InlineData(LogLevel.Information, true)]
    [InlineData(LogLevel.Critical, true)]
    [InlineData(LogLevel.None, false)]
    public async Task Nothing_is_said_of_what_only_its_maker_wants(LogLevel level, bool isSaid)
    {
        await using var log = new ProgramLog(TextWriter.Null);
        Assert.Equal(isSaid, log.IsEnabled(level));
    }

    [Fact]
    public void Any_text_is_one_line_without_what_moves_a_terminals_cursor() =>
        Gen.OneOf(Gen.Char['\0', '\u00A0'], Gen.Char['\u0610', '\u0620'], Gen.Char['\u2000', '\u2070'], Gen.Char['\0', '\uFFFF'])
            .Array[0, 80].Select(static chars => new string(chars)).Sample(static text =>
            {
                var line = OneLine.Of(text);
                Assert.DoesNotContain(line, static c =>
                    char.IsControl(c) || c is '\u2028' or '\u2029' or '\u061C' or '\u200E' or '\u200F'
                        or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));
                var kept = new StringBuilder(line).Replace(" | ", "").Replace("\uFFFD", "").Replace(" ", "");
                var plain = text.Where(static c => !char.IsControl(c) && c is not (' ' or '\uFFFD' or '\u061C' or '\u200E'
                    or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069')));
                Assert.Equal(string.Concat(plain).Replace("|", "", Ordinal), kept.Replace("|", "").ToString());
            });

    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("a\r\nb", "a | b")]
    [InlineData("a\rb\nc\u2028d\u0085e\vf", "a | b | c | d | e | f")]
    [InlineData("a\tb", "a b")]
    [InlineData("\u001b[2K\u202Eabc", "\uFFFD[2K\uFFFDabc")]
    public void What_ends_a_line_becomes_a_bar(string text, string expected) => Assert.Equal(expected, OneLine.Of(text));

    [Theory]
    [InlineData(OneLine.CharsMax, 'a', OneLine.CharsMax)]
    [InlineData(OneLine.CharsMax + 1, 'a', OneLine.CharsMax)]
    [InlineData(OneLine.CharsMax + 1, '\n', OneLine.CharsMax)]
    public void A_line_is_cut(int chars, char of, int expected) =>
        Assert.Equal(expected, OneLine.Of(new string(of, chars)).Length);

    [Fact]
    public async Task Names_and_messages_from_outside_cannot_forge_a_line()
    {
        var said = new StringWriter();
        await using (var log = new ProgramLog(said))
        {
            log.CertificateRefused("a\nedge: ready", "x\r\nedge: drained\u001b[1A");
            log.TargetChanged("{0}{upstream}", "%s", "{");
        }

        Assert.Equal(
            [
                "edge: certificate a | edge: ready not taken, the old one stays: x | edge: drained\uFFFD[1A",
                "edge: upstream {0}{upstream}, target %s: {",
            ],
            said.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Every_message_has_a_number_of_its_own_and_a_name_that_says_whose_it_is()
    {
        var messages = (
            from type in typeof(ProgramLog).Assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            from message in method.GetCustomAttributes<LoggerMessageAttribute>()
            select message).ToArray();
        Assert.InRange(messages.Length, 45, 99);
        Assert.Equal(messages.Length, messages.Select(static m => m.EventId).Distinct().Count());
        Assert.All(messages, static m => Assert.Matches("^edge(\\.[a-z]+(_[a-z]+)*)+$", m.EventName));
        var twice = messages.CountBy(static m => m.EventName!).Where(static name => name.Value > 1);
        Assert.Equal(["edge.request.failed"], twice.Select(static name => name.Key));
        Assert.All(messages, static m => Assert.True(
            m.Message.StartsWith("edge: ", Ordinal) || m.EventName == "edge.configuration.diagnostic", m.Message));
    }

    [Fact]
    public async Task Kestrel_says_what_it_warns_of_and_not_more_than_ten_times_a_minute()
    {
        var said = new StringWriter();
        var time = new ManualTime();
        await using (var log = new ProgramLog(said))
        {
            using var kestrel = new KestrelLog(log, time);
            var logger = kestrel.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
            Assert.False(logger.IsEnabled(LogLevel.Information));
            Warn(logger, LogLevel.Information, "not this", null);
            Warn(logger, LogLevel.Error, "an answer was broken off, which its own line tells", new BrokenOffException());
            for (var i = 0; i < KestrelLog.LinesMax + 3; i++)
            {
                Warn(logger, LogLevel.Warning, $"line {i}", i == 0 ? new InvalidOperationException("a\nb") : null);
            }

            time.Advance(KestrelLog.LinesEvery);
            Warn(logger, LogLevel.Error, "later", null);
            log.Level = ProgramLogLevel.Error;
            Warn(logger, LogLevel.Warning, "nor this", null);
        }

        var lines = said.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(KestrelLog.LinesMax + 1, lines.Length);
        Assert.StartsWith("edge: kestrel: line 0: System.InvalidOperationException: a | b", lines[0], Ordinal);
        Assert.Equal("edge: kestrel: later (3 were left out before)", lines[^1]);
    }

    private static void Warn(ILogger logger, LogLevel level, string text, Exception? exception) =>
        logger.Log(level, new EventId(1, "Told"), text, exception, static (state, _) => state);
}
