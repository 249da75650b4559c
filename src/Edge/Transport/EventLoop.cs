using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Edge.Core.Telemetry;

namespace Edge.Transport;

/// <summary>
/// A thread that waits for the sockets given to it and runs what was waiting for them, right there: a request that came in, the
/// upstream connection that serves it and what is sent back live on one thread, and nothing is handed from one to another.
/// It lives as long as the process. What runs on it must not block.
/// </summary>
internal sealed unsafe class EventLoop
{
    /// <summary>Events taken from the kernel at a time.</summary>
    public const int EventsMax = 256;

    /// <summary>
    /// Turns of so many events or fewer send at once what is to be sent: there is little to put together, and a caller would wait
    /// for what the others' owners do.
    /// </summary>
    public const int EventsOfShortTurn = 3;

    [ThreadStatic]
    private static EventLoop? CurrentLoop;

    private readonly int _epoll = LinuxSocket.CreateEpoll();
    private readonly int _wake = LinuxSocket.CreateEvent();
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _posted = new();
    private readonly Queue<KeyValuePair<Action<object?>, object?>> _postedHere = new();
    private SocketBatch? _batch;
    private int _postedCount;
    private int _isWoken;
    private int _socketCount;

    /// <summary>Starts the thread.</summary>
    /// <param name="index">Its place among the loops of <see cref="EventLoops"/>.</param>
    public EventLoop(int index)
    {
        Index = index;
        if (LinuxSocket.Watch(_epoll, _wake, ulong.MaxValue) < 0)
        {
            throw new InvalidOperationException("The wake-up of an event loop can't be watched.");
        }

        new Thread(Run) { IsBackground = true, Name = $"edge loop {index}" }.UnsafeStart();
    }

    /// <summary>The loop whose thread this is, or null.</summary>
    public static EventLoop? Current => CurrentLoop;

    /// <summary>What its sockets do together. For those which have had an event.</summary>
    public SocketBatch Batch => _batch!;

    /// <summary>True once it has a ring: see <see cref="IoRing"/>.</summary>
    public bool HasRing => _batch is { HasRing: true };

    /// <summary>Its place among the loops.</summary>
    public int Index { get; }

    /// <summary>Sockets given to it and not yet closed.</summary>
    public int SocketCount => Volatile.Read(ref _socketCount);

    /// <summary>Watches a socket from now on. Any thread. The kernel forgets a socket that is closed.</summary>
    /// <returns>Zero, or a negative error number.</returns>
    public int Add(int descriptor, ulong key)
    {
        Interlocked.Increment(ref _socketCount);
        var result = LinuxSocket.Watch(_epoll, descriptor, key);
        if (result < 0)
        {
            Remove();
        }

        return result;
    }

    /// <summary>A socket that was added has been closed.</summary>
    public void Remove() => Interlocked.Decrement(ref _socketCount);

    /// <summary>Runs something on the loop's thread after the events at hand. Any thread.</summary>
    public void Post(IThreadPoolWorkItem work)
    {
        // Counted first, so that the count is never behind the queue; and it is all that an idle turn of the loop looks at.
        Interlocked.Increment(ref _postedCount);
        _posted.Enqueue(work);
        if (CurrentLoop != this && Interlocked.Exchange(ref _isWoken, 1) == 0)
        {
            LinuxSocket.Signal(_wake);
        }
    }

    /// <summary>The same, without an object for it. On the loop's own thread.</summary>
    public void PostHere(Action<object?> action, object? state) => _postedHere.Enqueue(new(action, state));

    private void Run()
    {
        CurrentLoop = this;
        Stripes.Own();
        var batch = new SocketBatch(IoRing.TryCreate());
        _batch = batch;
        var stride = EpollEvent.Bytes;
        var events = (byte*)NativeMemory.AllocZeroed(EventsMax, (nuint)stride);
        while (true)
        {
            var isIdle = Volatile.Read(ref _postedCount) + _postedHere.Count == 0;
            var count = LinuxSocket.NextEvents(_epoll, events, EventsMax, isIdle ? -1 : 0);
            if (count > 1)
            {
                ReceiveAhead(batch, events, count);
            }

            batch.PutsOff = count > EventsOfShortTurn;
            for (var i = 0; i < count; i++)
            {
                var what = EpollEvent.Read(events + (i * stride), out var key);
                if (LoopSocket.Find(key) is { } socket)
                {
                    socket.Dispatch(what);
                }
            }

            batch.PutsOff = true;
            RunPosted();
            batch.End();
        }
    }

    private static void ReceiveAhead(SocketBatch batch, byte* events, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var what = EpollEvent.Read(events + (i * EpollEvent.Bytes), out var key);
            if ((what & (LinuxSocket.EventIn | LinuxSocket.EventPeerEnded)) != 0 && LoopSocket.Find(key) is { } socket)
            {
                socket.ReceiveAhead(batch);
            }
        }

        batch.Receive();
    }

    // The eventfd is never read: edge-triggered, each signal is an event of its own.
    private void RunPosted()
    {
        if (Volatile.Read(ref _isWoken) != 0)
        {
            // Before the queue is looked at: whoever adds after that look wakes the loop again.
            Volatile.Write(ref _isWoken, 0);
            Interlocked.MemoryBarrier();
        }

        // Only what is there now: what that posts again waits until the sockets had their turn.
        for (var left = _postedHere.Count; left > 0; left--)
        {
            var (action, state) = _postedHere.Dequeue();
            action(state);
        }

        for (var left = Volatile.Read(ref _postedCount); left > 0 && _posted.TryDequeue(out var work); left--)
        {
            Interlocked.Decrement(ref _postedCount);
            work.Execute();
        }
    }
}
