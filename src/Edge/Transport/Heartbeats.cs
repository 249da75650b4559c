namespace Edge.Transport;

/// <summary>
/// The heartbeats of a listener's connections, but of those alone for which the server has something to look after: not of one
/// whose request is here whole and whose answer is on its way. Owned by the listener's server. Thread-safe.
/// </summary>
/// <remarks>
/// The server's own heart goes through all of them: of 9,000 open streams that was 4.5 ms of processor time a second, since what
/// it looks at of each has left the cache long before. And it stops when the server is told to stop, but by it alone a connection
/// of HTTP/2 notices that its last stream has ended: it would stay until the drain's time is over.
/// </remarks>
/// <param name="time">When to beat. The server itself goes by the system's clock.</param>
internal sealed class Heartbeats(TimeProvider time) : IDisposable
{
    /// <summary>As the server's own: it counts what a peer may not do too often from one beat to the next.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Timers that call so often share a thread that is awake anyway. All is done there: behind other work of a pool a beat would
    // be late, and the server counts its timeouts from the last one. Ten thousand idle connections take some milliseconds.
    private const int CallsPerBeat = 2;

    private readonly Lock _gate = new();
    private readonly List<Heartbeat> _beating = [];
    private readonly List<Heartbeat> _due = [];
    private ITimer? _timer;
    private bool _isDisposed;
    private int _calls;
    private int _isUnderWay;

    /// <summary>How many beat.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _beating.Count;
            }
        }
    }

    /// <summary>One more beats, if it does not yet.</summary>
    public void Add(Heartbeat heart)
    {
        lock (_gate)
        {
            if (!_isDisposed && heart.Index < 0)
            {
                _beating.Add(heart);
                heart.Index = _beating.Count - 1;
                _timer ??= time.CreateTimer(
                    static state => ((Heartbeats)state!).OnTimer(), this, Period / CallsPerBeat, Period / CallsPerBeat);
            }
        }
    }

    /// <summary>One beats no more, if it did.</summary>
    public void Remove(Heartbeat heart)
    {
        lock (_gate)
        {
            if (heart.Index >= 0)
            {
                RemoveAt(heart.Index);
            }
        }
    }

    /// <summary>None beats any more, nor will.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            for (var i = _beating.Count - 1; i >= 0; i--)
            {
                RemoveAt(i);
            }

            StopTimer();
        }
    }

    private void OnTimer()
    {
        // A beat that takes longer than a second must not be joined by the next.
        if (++_calls % CallsPerBeat != 0 || Interlocked.Exchange(ref _isUnderWay, 1) != 0)
        {
            return;
        }

        try
        {
            CollectDue();
            foreach (var heart in _due)
            {
                heart.Beat();
            }
        }
        catch (OutOfMemoryException)
        {
            // What was not done is done with the next beat.
        }
        finally
        {
            _due.Clear();
            Volatile.Write(ref _isUnderWay, 0);
        }
    }

    private void CollectDue()
    {
        lock (_gate)
        {
            for (var i = _beating.Count - 1; i >= 0; i--)
            {
                var heart = _beating[i];
                if (heart.IsPaused && TryLeaveOut(heart))
                {
                    continue;
                }

                _due.Add(heart);
            }

            if (_beating.Count == 0)
            {
                StopTimer();
            }
        }
    }

    private bool TryLeaveOut(Heartbeat heart)
    {
        RemoveAt(heart.Index);
        Interlocked.MemoryBarrier();
        if (heart.IsPaused)
        {
            return true;
        }

        Add(heart);
        return false;
    }

    private void RemoveAt(int index)
    {
        _beating[index].Index = -1;
        var last = _beating[^1];
        _beating.RemoveAt(_beating.Count - 1);
        if (index < _beating.Count)
        {
            _beating[index] = last;
            last.Index = index;
        }
    }

    private void StopTimer()
    {
        _timer?.Dispose();
        _timer = null;
    }
}
