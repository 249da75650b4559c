namespace Edge.Transport;

/// <summary>
/// The event loops of the process, one for each core that it was given. Like the thread pool there is one set of them for all
/// listeners and upstreams.
/// </summary>
internal static class EventLoops
{
    private static readonly EventLoop[] Loops = Start();

    /// <summary>All of them, in the order of their indexes.</summary>
    public static ReadOnlySpan<EventLoop> All => Loops;

    /// <summary>True where the loops hand the kernel many calls at once.</summary>
    public static bool HaveRings => Loops[0].HasRing;

    /// <summary>The loop of this thread; on any other thread the one with the fewest sockets.</summary>
    public static EventLoop CurrentOrIdlest => EventLoop.Current ?? Idlest;

    /// <summary>The loop with the fewest sockets.</summary>
    public static EventLoop Idlest
    {
        get
        {
            var idlest = Loops[0];
            for (var i = 1; i < Loops.Length; i++)
            {
                idlest = Loops[i].SocketCount < idlest.SocketCount ? Loops[i] : idlest;
            }

            return idlest;
        }
    }

    private static EventLoop[] Start()
    {
        var loops = new EventLoop[Environment.ProcessorCount];
        for (var i = 0; i < loops.Length; i++)
        {
            loops[i] = new EventLoop(i);
        }

        return loops;
    }
}
