using System.Globalization;
using System.Threading.Channels;
using Edge.Core.Configuration;
using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>
/// What the program says of itself, a line each, written by one task from a bounded queue: a log that is not read can neither
/// stop a request nor fill the memory. Dropped lines are counted and told. What is said stands in the classes of messages
/// (<see cref="LifeMessages"/> and others). Thread-safe.
/// </summary>
internal sealed class ProgramLog : LineLogger, IAsyncDisposable
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

    /// <inheritdoc/>
    public override bool IsEnabled(LogLevel logLevel) =>
        logLevel >= LogLevel.Information + (int)Level && logLevel != LogLevel.None;

    /// <summary>Adds a line, without waiting for it, whatever the level.</summary>
    /// <param name="level">How bad it is.</param>
    /// <param name="what">Which message it is.</param>
    /// <param name="text">Its text, which becomes one line.</param>
    /// <param name="fields">The values in it by their names.</param>
    public void Add(LogLevel level, EventId what, string text, IReadOnlyList<KeyValuePair<string, object?>>? fields)
    {
        var line = OneLine.Of(text);
        Also?.Add(SeverityOf(level), what, line, fields);
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
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

    /// <inheritdoc/>
    protected override void Take(
        LogLevel level, EventId what, string text, IReadOnlyList<KeyValuePair<string, object?>>? fields, Exception? exception) =>
        Add(level, what, text, fields);

    // OpenTelemetry's numbers: four of each level.
    private static int SeverityOf(LogLevel level) => ((int)level * 4) + 1;

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
