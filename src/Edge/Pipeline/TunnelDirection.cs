using Edge.Core.Http;

namespace Edge.Pipeline;

/// <summary>
/// One of the two ways of a <see cref="Tunnel"/>: who writes there holds <see cref="Gate"/>, for beside the side that it comes
/// from the gateway itself may have a last word to say.
/// </summary>
internal sealed class TunnelDirection
{
    private WebSocketFrames _frames;

    /// <summary>Held by who writes, and by who looks at what was written.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Bytes that the receiving side was given.</summary>
    public long Bytes { get; private set; }

    /// <summary>The gateway's last word is to be said as soon as a frame has ended.</summary>
    public bool WantsGoodbye { get; set; }

    /// <summary>It was said: nothing may follow.</summary>
    public bool HasEnded { get; set; }

    /// <summary>True where it can be said now.</summary>
    public bool MayEnd => _frames.IsBetween && !_frames.HasClosed && !HasEnded;

    /// <summary>Bytes have passed.</summary>
    public void Passed(ReadOnlySpan<byte> run, bool isWebSocket)
    {
        Bytes += run.Length;
        if (isWebSocket)
        {
            _frames.Take(run);
        }
    }
}
