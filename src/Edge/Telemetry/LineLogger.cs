using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>A logger whose messages are lines of text with the values that they were made of. Thread-safe.</summary>
/// <remarks>The native binary has its method anew for each type of message: so it is short, and stands only here.</remarks>
internal abstract class LineLogger : ILogger
{
    /// <inheritdoc/>
    public abstract bool IsEnabled(LogLevel logLevel);

    /// <summary>There are no scopes.</summary>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            var fields = state as IReadOnlyList<KeyValuePair<string, object?>>;
            Take(logLevel, eventId, formatter(state, exception), fields, exception);
        }
    }

    /// <summary>Takes a message that is wanted.</summary>
    /// <param name="level">How bad it is.</param>
    /// <param name="what">Which message it is.</param>
    /// <param name="text">Its text.</param>
    /// <param name="fields">The values in it by their names, and the text without them.</param>
    /// <param name="exception">What it tells of.</param>
    protected abstract void Take(
        LogLevel level, EventId what, string text, IReadOnlyList<KeyValuePair<string, object?>>? fields, Exception? exception);
}
