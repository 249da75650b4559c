using System.Globalization;
using System.Threading.Channels;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// What the program says of itself, a line each, written by one task from a bounded queue: a log that is not read can neither
/// stop a request nor fill the memory. Dropped lines are counted and told. Thread-safe.
/// </summary>
internal sealed class ProgramLog : IAsyncDisposable
{
    /// <summary>Most lines that wait to be written.</summary>
    public const int QueuedLinesMax = 1024;

    private readonly Channel<string> _lines;
    private readonly TextWriter _to;
    private readonly Task _writing;
    private long _dropped;

    /// <summary>A log that writes to <paramref name="to"/>, which it does not own.</summary>
    public ProgramLog(TextWriter to)
    {
        _to = to;
        _lines = Channel.CreateBounded<string>(
            new BoundedChannelOptions(QueuedLinesMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Where lines go besides; null: nowhere.</summary>
    public LogsExporter? Also { get; set; }

    /// <summary>What is said; may change at any time.</summary>
    public ProgramLogLevel Level { get; set; }

    /// <summary>Says what happened, without waiting for it.</summary>
    public void Say(string line) => Say(ProgramLogLevel.Information, line);

    /// <summary>Says what somebody should look at.</summary>
    public void Warn(string line) => Say(ProgramLogLevel.Warning, line);

    /// <summary>Says what does not work.</summary>
    public void Fail(string line) => Say(ProgramLogLevel.Error, line);

    /// <summary>Says why a request failed: route, failure, attempts, and the detail that callers are not told.</summary>
    public void Failed(RequestContext context, Failure failure, TimeSpan elapsed)
    {
        if (Level <= ProgramLogLevel.Warning)
        {
            Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"edge: route {context.Route?.Plan.Name ?? "-"}: {Failures.Code(failure)} after " +
                $"{elapsed.TotalMilliseconds:0} ms, attempts {context.Attempts}" +
                $"{(context.FailureDetail is { } detail ? ": " + OneLine(detail) : "")}"));
        }
    }

    /// <summary>Writes what is waiting, for <see cref="LineLogs.EndMax"/> at most, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        try
        {
            await _writing.WaitAsync(LineLogs.EndMax);
        }
        catch (TimeoutException)
        {
            // Nobody takes what it writes, and there is nowhere else to say so.
        }
    }

    private void Say(ProgramLogLevel level, string line)
    {
        if (level < Level)
        {
            return;
        }

        Also?.Add(SeverityOf(level), "program", line);
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    // OpenTelemetry's numbers.
    private static int SeverityOf(ProgramLogLevel level) => level switch
    {
        ProgramLogLevel.Error => 17,
        ProgramLogLevel.Warning => 13,
        _ => 9,
    };

    // Text from a network must not be able to forge a line of the log.
    private static string OneLine(string text) => text.ReplaceLineEndings(" | ");

    private async Task WriteAsync()
    {
        await foreach (var line in _lines.Reader.ReadAllAsync())
        {
            try
            {
                await _to.WriteLineAsync(line);
                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                {
                    await _to.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"edge: {dropped} log lines dropped"));
                }
            }
            catch (IOException)
            {
                // Nobody reads any more; the next line may find a reader again.
            }
        }
    }
}
