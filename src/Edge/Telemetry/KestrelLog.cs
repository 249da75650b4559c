using System.Globalization;
using Edge.Pipeline;
using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>
/// Puts what Kestrel warns of into the program's log: a process that gets no processor time, an application that failed. What
/// callers do wrong it tells at lower levels, which are left out; and whatever makes it talk, it has <see cref="LinesMax"/>
/// lines a minute. Thread-safe.
/// </summary>
/// <param name="log">The program's log.</param>
/// <param name="time">The time.</param>
internal sealed class KestrelLog(ProgramLog log, TimeProvider time) : LineLogger, ILoggerFactory
{
    /// <summary>Most lines in a <see cref="LinesEvery"/>.</summary>
    public const int LinesMax = 10;

    /// <summary>The time for which lines are counted.</summary>
    public static readonly TimeSpan LinesEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _began;
    private int _lines;
    private int _leftOut;

    /// <inheritdoc/>
    public override bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && log.IsEnabled(logLevel);

    /// <summary>This one, for any category.</summary>
    public ILogger CreateLogger(string categoryName) => this;

    /// <summary>Not to be called: nobody else is told.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    /// <summary>Has nothing to free.</summary>
    public void Dispose()
    {
    }

    /// <inheritdoc/>
    protected override void Take(
        LogLevel level, EventId what, string text, IReadOnlyList<KeyValuePair<string, object?>>? fields, Exception? exception)
    {
        if (exception is BrokenOffException || !MaySay(out var leftOut))
        {
            return;
        }

        var before = leftOut == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({leftOut} were left out before)");
        var detail = exception is null ? "" : $": {exception}";
        log.Add(level, new EventId(0, $"kestrel.{what.Name}"), $"edge: kestrel: {text}{before}{detail}", null);
    }

    private bool MaySay(out int leftOut)
    {
        lock (_gate)
        {
            leftOut = 0;
            var now = time.GetTimestamp();
            if (_lines == 0 || time.GetElapsedTime(_began, now) >= LinesEvery)
            {
                _began = now;
                _lines = 0;
            }

            if (_lines == LinesMax)
            {
                _leftOut++;
                return false;
            }

            _lines++;
            (leftOut, _leftOut) = (_leftOut, 0);
            return true;
        }
    }
}
