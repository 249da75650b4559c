namespace Edge.Transport;

/// <summary>
/// Connections that are over for this side, which has said so, while the peer may still be sending: what comes is read and thrown
/// away (RFC 9112, section 9.6). Closed at once, the kernel would answer the next bytes by a reset, and that destroys an answer
/// which the peer has not read yet, such as the refusal of the very body that it sends. Owned by a listener's transport.
/// Thread-safe.
/// </summary>
/// <remarks>
/// A connection lingers until the peer ends it or a limit is reached, and counts in its gate until then. nginx has the two times
/// too, longer (5 s and 30 s), and no bound in bytes: there the times bound what an attacker may have read. Here the bytes do
/// as well, at some times a listener's usual limit of a body, since many clients read only after all of theirs is sent.
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class LingeringSockets(TimeProvider time) : IDisposable
{
    /// <summary>Most bytes read of one connection and thrown away.</summary>
    public const long BytesMax = 32 * 1024 * 1024;

    /// <summary>So long a peer may send nothing.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(2);

    /// <summary>So long a connection lingers at most.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(10);

    /// <summary>Time between two looks at the clock; the others last up to so much longer.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly HashSet<LingeringSocket> _sockets = [];
    private ITimer? _timer;
    private bool _isDisposed;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _sockets.Count;
            }
        }
    }

    /// <summary>The clock's present.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>
    /// Takes over a socket on which nobody waits, and its place in a gate, which it leaves when it is closed. Does not wait.
    /// </summary>
    public void Take(LoopSocket socket, ConnectionGate? gate, UInt128? gateKey)
    {
        socket.ShutdownSend();
        var lingering = new LingeringSocket(this, socket, gate, gateKey);
        bool isLate;
        lock (_gate)
        {
            isLate = _isDisposed;
            if (!isLate)
            {
                _sockets.Add(lingering);
                _timer ??= time.CreateTimer(static state => ((LingeringSockets)state!).Sweep(), this, Period, Period);
            }
        }

        if (isLate)
        {
            lingering.Close();
            return;
        }

        lingering.Begin();
    }

    /// <summary>One has been closed.</summary>
    public void Remove(LingeringSocket socket)
    {
        lock (_gate)
        {
            _sockets.Remove(socket);
            if (_sockets.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    /// <summary>Closes all at once, and those that come.</summary>
    public void Dispose()
    {
        LingeringSocket[] left;
        lock (_gate)
        {
            _isDisposed = true;
            left = [.. _sockets];
        }

        foreach (var socket in left)
        {
            socket.Close();
        }
    }

    private void Sweep()
    {
        var late = new List<LingeringSocket>();
        var now = time.GetTimestamp();
        lock (_gate)
        {
            foreach (var socket in _sockets)
            {
                if (time.GetElapsedTime(socket.HeardAt, now) >= SilenceMax || time.GetElapsedTime(socket.BeganAt, now) >= TimeMax)
                {
                    late.Add(socket);
                }
            }
        }

        // Outside of the lock, which each takes.
        foreach (var socket in late)
        {
            socket.Close();
        }
    }
}
