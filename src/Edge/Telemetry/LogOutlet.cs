using Edge.Core.Configuration;

namespace Edge.Telemetry;

/// <summary>
/// The end of a log at which its lines leave: the file or stream, what was written and what was lost. Opening, reopening and
/// dropping from any thread; writing by one at a time.
/// </summary>
/// <param name="name">What the log is called: <c>audit log</c>.</param>
/// <param name="noun">What its entries are called.</param>
/// <param name="log">Where drops are said.</param>
/// <param name="time">The time.</param>
internal sealed class LogOutlet(string name, string noun, ProgramLog log, TimeProvider time)
{
    private LogSink? _next;
    private LogSink? _sink;
    private volatile bool _reopens;
    private long _written;
    private long _dropped;
    private long _toldTimestamp;
    private long _told;
    private string _fault = "";

    /// <summary>Lines written.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Entries that were not written.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Writes there from the next <see cref="LookAround"/> on.</summary>
    /// <param name="to">What it is written to.</param>
    /// <param name="file">The file, where it is one.</param>
    /// <exception cref="IOException">The file cannot be opened; nothing has changed.</exception>
    public void Open(LogTarget to, string? file) =>
        Interlocked.Exchange(ref _next, LogSink.Open(name, to, file, time))?.Dispose();

    /// <summary>Opens the file anew at the next <see cref="LookAround"/>, for whoever moved it away.</summary>
    public void Reopen() => _reopens = true;

    /// <summary>Takes over what <see cref="Open"/> and <see cref="Reopen"/> have asked for.</summary>
    public void LookAround()
    {
        if (Interlocked.Exchange(ref _next, null) is { } next)
        {
            _sink?.Dispose();
            _sink = next;
        }

        if (_reopens)
        {
            _reopens = false;
            _sink?.Reopen();
        }
    }

    /// <summary>Writes whole lines.</summary>
    /// <param name="lines">The lines, with their ends.</param>
    /// <param name="count">How many; those that are not written are counted as dropped.</param>
    /// <returns>False: they are lost.</returns>
    public bool TryWrite(ReadOnlySpan<byte> lines, int count)
    {
        if (_sink is { } sink && sink.TryWrite(lines))
        {
            Interlocked.Add(ref _written, count);
            return true;
        }

        Drop(count, _sink is null ? "it was switched off" : _sink.Fault);
        return false;
    }

    /// <summary>Counts entries that are lost, and says so now and then.</summary>
    public void Drop(long count, string why)
    {
        Interlocked.Add(ref _dropped, count);
        _fault = why;
        Tell(isEnd: false);
    }

    /// <summary>Nobody takes what it writes any more.</summary>
    public void GiveUp() => log.LogGivenUp(name);

    /// <summary>Says what has not been said yet.</summary>
    public void End() => Tell(isEnd: true);

    /// <summary>Closes what it writes to.</summary>
    public void Close() => _sink?.Dispose();

    private void Tell(bool isEnd)
    {
        var last = Volatile.Read(ref _toldTimestamp);
        var now = time.GetTimestamp();
        if ((!isEnd && last != 0 && time.GetElapsedTime(last, now) < LineLogs.TellEvery)
            || Interlocked.CompareExchange(ref _toldTimestamp, now, last) != last)
        {
            return;
        }

        var dropped = Dropped;
        var untold = dropped - Interlocked.Exchange(ref _told, dropped);
        if (untold > 0)
        {
            log.LogDropped(name, untold, noun, _fault);
        }
    }
}
