using Edge.Core.Configuration;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// A log for a line of each request: whoever adds one copies its bytes into memory that was there before, a stripe for each busy
/// thread, and one task writes what has come together every <see cref="BatchEvery"/>, or sooner where it is much. Adding
/// allocates nothing and wakes nobody most of the time. What does not fit, or cannot be written, is counted and said in the
/// program's log. Thread-safe.
/// </summary>
internal sealed class ByteLog : IAsyncDisposable
{
    /// <summary>Most bytes that wait in a stripe.</summary>
    public const int StripeBytesMax = 256 * 1024;

    /// <summary>Lines wait so long for others to be written with.</summary>
    public static readonly TimeSpan BatchEvery = TimeSpan.FromMilliseconds(50);

    private readonly LogOutlet _outlet;
    private readonly Stripe[] _stripes = new Stripe[Stripes.Count];
    private readonly SemaphoreSlim _some = new(0);
    private readonly SemaphoreSlim _many = new(0);
    private readonly Task _writing;
    private byte[] _batch = [];
    private int _isSignalled;
    private volatile bool _isEnding;

    /// <summary>A log that has no place yet: see <see cref="Open"/>.</summary>
    /// <param name="name">What it is called: <c>access log</c>.</param>
    /// <param name="log">Where drops are said.</param>
    /// <param name="time">The time.</param>
    public ByteLog(string name, ProgramLog log, TimeProvider time)
    {
        _outlet = new LogOutlet(name, "lines", log, time);
        for (var i = 0; i < _stripes.Length; i++)
        {
            _stripes[i] = new Stripe();
        }

        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Lines written.</summary>
    public long Written => _outlet.Written;

    /// <summary>Lines that were not written.</summary>
    public long Dropped => _outlet.Dropped;

    /// <summary>Writes there from now on.</summary>
    /// <param name="to">What it is written to.</param>
    /// <param name="file">The file, where it is one.</param>
    /// <exception cref="IOException">The file cannot be opened; nothing has changed.</exception>
    public void Open(LogTarget to, string? file)
    {
        _outlet.Open(to, file);
        Signal();
    }

    /// <summary>Opens the file anew, for whoever moved it away (SIGHUP).</summary>
    public void Reopen()
    {
        _outlet.Reopen();
        Signal();
    }

    /// <summary>Adds a line, with its end; never waits but for another thread's copying.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        var stripe = _stripes[Stripes.Current];
        bool isFirst, isMuch;
        lock (stripe.Gate)
        {
            stripe.Bytes ??= new byte[StripeBytesMax];
            if (StripeBytesMax - stripe.Length < line.Length)
            {
                stripe.Missed++;
                return;
            }

            line.CopyTo(stripe.Bytes.AsSpan(stripe.Length));
            isFirst = stripe.Length == 0;
            isMuch = stripe.Length < StripeBytesMax / 2 && stripe.Length + line.Length >= StripeBytesMax / 2;
            stripe.Length += line.Length;
            stripe.Lines++;
        }

        if (isFirst)
        {
            Signal();
        }

        if (isMuch)
        {
            _many.Release();
        }
    }

    /// <summary>Writes what is waiting, for <see cref="LineLogs.EndMax"/> at most, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        _some.Release();
        _many.Release();
        try
        {
            await _writing.WaitAsync(LineLogs.EndMax);
        }
        catch (TimeoutException)
        {
            _outlet.GiveUp();
        }

        _outlet.End();
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _isSignalled, 1) == 0)
        {
            _some.Release();
        }
    }

    private async Task WriteAsync()
    {
        // The last round begins after the end has been told, so that it sees all that was added before.
        for (var isLast = false; !isLast;)
        {
            isLast = _isEnding;
            if (!isLast)
            {
                await _some.WaitAsync();
                await _many.WaitAsync(BatchEvery);
            }

            // Before the stripes are looked at: what comes after that signals anew.
            Volatile.Write(ref _isSignalled, 0);
            _outlet.LookAround();
            foreach (var stripe in _stripes)
            {
                Write(stripe);
            }
        }

        _outlet.Close();
    }

    private void Write(Stripe stripe)
    {
        int length, lines, missed;
        lock (stripe.Gate)
        {
            missed = stripe.Missed;
            length = stripe.Length;
            lines = stripe.Lines;
            if (length > 0)
            {
                // The emptied memory of the last batch for the full one.
                (stripe.Bytes, _batch) = (_batch.Length > 0 ? _batch : null, stripe.Bytes!);
            }

            stripe.Length = 0;
            stripe.Lines = 0;
            stripe.Missed = 0;
        }

        if (length > 0)
        {
            _outlet.TryWrite(_batch.AsSpan(0, length), lines);
        }

        if (missed > 0)
        {
            _outlet.Drop(missed, "the memory for it is full");
        }
    }

    private sealed class Stripe
    {
        internal readonly Lock Gate = new();
        internal byte[]? Bytes;
        internal int Length;
        internal int Lines;
        internal int Missed;
    }
}
