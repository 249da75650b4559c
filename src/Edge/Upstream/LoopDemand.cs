using Edge.Transport;

namespace Edge.Upstream;

/// <summary>
/// Which event loops should get a connection of their own: those that have none in a pool, and whose requests go out on other
/// loops' again and again. Such a request wakes two loops to send and two to receive; where a program does little else, a wake
/// costs more than the rest of the request. Called under the pool's lock.
/// </summary>
/// <remarks>
/// At 100 requests a second from 32 callers a request took 213 us of processor time with one connection for both loops, and 196
/// with one each (medians of five runs).
/// </remarks>
internal sealed class LoopDemand
{
    /// <summary>More often than this within <see cref="WindowMs"/> is often; a few callers one after the other are not.</summary>
    public const int BorrowsMax = 10;

    /// <summary>The time in which it is counted.</summary>
    public const int WindowMs = 1_000;

    /// <summary>
    /// After one that was made, or could not be, none is tried for so long: a target may close what it has just accepted.
    /// </summary>
    public const int RetryAfterMs = 10_000;

    private readonly Share[] _shares = new Share[EventLoops.All.Length];

    /// <summary>The pool has a connection more on a loop.</summary>
    public void Added(EventLoop loop) => _shares[loop.Index].Connections++;

    /// <summary>It has one less.</summary>
    public void Removed(EventLoop loop) => _shares[loop.Index].Connections--;

    /// <summary>
    /// A request of a loop goes out on another's connection. True: the loop is to get its own, of which <see cref="Ended"/> is
    /// then to be told, and until then it is not said again.
    /// </summary>
    public bool Borrowed(EventLoop loop, long nowMs)
    {
        ref var share = ref _shares[loop.Index];
        if (share.Connections > 0 || share.IsDialing || nowMs < share.NotBeforeMs)
        {
            return false;
        }

        if (nowMs - share.SinceMs >= WindowMs)
        {
            share.SinceMs = nowMs;
            share.Borrows = 0;
        }

        share.IsDialing = ++share.Borrows > BorrowsMax;
        return share.IsDialing;
    }

    /// <summary>The loop's own connection is there, or could not be made.</summary>
    public void Ended(EventLoop loop, long nowMs)
    {
        ref var share = ref _shares[loop.Index];
        share.IsDialing = false;
        share.Borrows = 0;
        share.NotBeforeMs = nowMs + RetryAfterMs;
    }

    private struct Share
    {
        public int Connections;
        public int Borrows;
        public bool IsDialing;
        public long SinceMs;
        public long NotBeforeMs;
    }
}
