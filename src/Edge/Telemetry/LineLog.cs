using System.Buffers;
using System.Threading.Channels;
using Edge.Core.Configuration;

namespace Edge.Telemetry;

/// <summary>
/// A log of lines that nobody waits for: what is added goes into a bounded queue, and one task formats and writes. What does not
/// fit, or cannot be written, is counted and said in the program's log. Thread-safe.
/// </summary>
/// <typeparam name="TEntry">What a line is made of.</typeparam>
internal sealed class LineLog<TEntry> : IAsyncDisposable
    where TEntry : struct
{
    private readonly LogOutlet _outlet;
    private readonly TimeProvider _time;
    private readonly Action<IBufferWriter<byte>, TEntry> _write;
    private readonly Func<long, TEntry>? _gap;

    // Null: only to have the writer look around.
    private readonly Channel<TEntry?> _queue;
    private readonly ArrayBufferWriter<byte> _batch = new(LineLogs.BatchBytesMax * 2);
    private readonly Task _writing;
    private long _missing;

    /// <summary>A log that has no place yet: see <see cref="Open"/>.</summary>
    /// <param name="name">What it is called: <c>audit log</c>.</param>
    /// <param name="noun">What its entries are called.</param>
    /// <param name="log">Where drops are said.</param>
    /// <param name="time">The time.</param>
    /// <param name="write">Writes an entry's line, with its end.</param>
    /// <param name="gap">
    /// Makes the entry that tells in the log itself how many are missing before it; null: none is written.
    /// </param>
    public LineLog(
        string name, string noun, ProgramLog log, TimeProvider time, Action<IBufferWriter<byte>, TEntry> write,
        Func<long, TEntry>? gap = null)
    {
        _outlet = new LogOutlet(name, noun, log, time);
        _time = time;
        _write = write;
        _gap = gap;
        _queue = Channel.CreateBounded<TEntry?>(
            new BoundedChannelOptions(LineLogs.QueuedEntriesMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Lines written.</summary>
    public long Written => _outlet.Written;

    /// <summary>Entries that were not written: the queue was full, or the place could not be written to.</summary>
    public long Dropped => _outlet.Dropped;

    /// <summary>Writes there from now on.</summary>
    /// <param name="to">What it is written to.</param>
    /// <param name="file">The file, where it is one.</param>
    /// <exception cref="IOException">The file cannot be opened; nothing has changed.</exception>
    public void Open(LogTarget to, string? file)
    {
        _outlet.Open(to, file);
        Nudge();
    }

    /// <summary>Opens the file anew, for whoever moved it away (SIGHUP).</summary>
    public void Reopen()
    {
        _outlet.Reopen();
        Nudge();
    }

    /// <summary>Adds an entry; never waits.</summary>
    public void Add(in TEntry entry)
    {
        if (!_queue.Writer.TryWrite(entry))
        {
            Drop(1, "the queue is full");
        }
    }

    /// <summary>Writes what is waiting, for <see cref="LineLogs.EndMax"/> at most, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        try
        {
            await _writing.WaitAsync(LineLogs.EndMax, _time);
        }
        catch (TimeoutException)
        {
            _outlet.GiveUp();
        }

        _outlet.End();
    }

    // A full queue needs none: its writer is at work.
    private void Nudge() => _queue.Writer.TryWrite(null);

    private void Drop(long count, string why)
    {
        Interlocked.Add(ref _missing, count);
        _outlet.Drop(count, why);
    }

    private async Task WriteAsync()
    {
        var reader = _queue.Reader;
        while (await reader.WaitToReadAsync())
        {
            _outlet.LookAround();
            var count = 0;
            while (_batch.WrittenCount < LineLogs.BatchBytesMax && reader.TryRead(out var entry))
            {
                if (entry is { } line)
                {
                    _write(_batch, line);
                    count++;
                }
            }

            if (count > 0)
            {
                Flush(count);
            }
        }

        _outlet.LookAround();
        _outlet.Close();
    }

    private void Flush(int count)
    {
        var isWritten = _outlet.TryWrite(_batch.WrittenSpan, count);
        _batch.ResetWrittenCount();
        if (!isWritten)
        {
            Interlocked.Add(ref _missing, count);
        }
        else if (_gap is not null && Interlocked.Exchange(ref _missing, 0) is > 0 and var missing)
        {
            // Behind what came through: the gap is somewhere between this line and the last one of its kind.
            _write(_batch, _gap(missing));
            if (!_outlet.TryWrite(_batch.WrittenSpan, 0))
            {
                Interlocked.Add(ref _missing, missing);
            }

            _batch.ResetWrittenCount();
        }
    }
}

/// <summary>What holds for every <see cref="LineLog{TEntry}"/>.</summary>
internal static class LineLogs
{
    /// <summary>Most entries that wait to be written.</summary>
    public const int QueuedEntriesMax = 8192;

    /// <summary>As many bytes are written at once, and what the last line has beyond.</summary>
    public const int BatchBytesMax = 64 * 1024;

    /// <summary>How long the end waits for what is still to be written.</summary>
    public static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    /// <summary>The program's log tells of dropped entries at most this often.</summary>
    public static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);
}
