using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Telemetry;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// One attempt at an upstream: the exchange with it, the target that was picked for it, and when it was what. A request has one
/// at a time, or several where it is hedged (<see cref="AttemptRace"/>); what its body is, and in whose dialect, is the same for
/// all of these. The object is kept with the connection's context and used again. For one thread at a time, but for
/// <see cref="Lose"/>.
/// </summary>
/// <param name="sweeper">The clock of its exchange.</param>
internal sealed class RequestAttempt(UpstreamSweeper sweeper)
{
    private CancellationTokenSource? _dial;
    private volatile bool _isLost;

    /// <summary>The exchange; open from the moment a connection is there.</summary>
    public UpstreamExchange Exchange { get; } = new(sweeper);

    /// <summary>When it began, in nanoseconds since the request did.</summary>
    public long BeganNs { get; set; }

    /// <summary>Nanoseconds after which the head of the answer was here, likewise; 0: it was not.</summary>
    public long HeadNs { get; set; }

    /// <summary>Its target, or that of the one before; null: there was none.</summary>
    public TargetPlan? Target { get; set; }

    /// <summary>Which of the request's attempts it is, from 1.</summary>
    public int Number { get; set; }

    /// <summary>What it is called in a trace.</summary>
    public TraceParent Trace { get; set; }

    /// <summary>The request has gone out, wholly or in part.</summary>
    public bool IsSent { get; set; }

    /// <summary>
    /// When it took a place at its upstream's gate, on the gate's clock; 0: it holds none. See <see cref="OverloadStage"/>.
    /// </summary>
    public long PlaceTakenNs { get; set; }

    /// <summary>It was begun because another one, that goes on, takes long.</summary>
    public bool IsHedge { get; set; }

    /// <summary>The race that it takes part in; null: there is none.</summary>
    public AttemptRace? Race { get; set; }

    /// <summary>The caller is watched on its behalf (<see cref="CallerWatch.Guard"/>).</summary>
    public bool IsGuarded { get; set; }

    /// <summary>Nobody waits for it any more.</summary>
    public bool IsLost => _isLost;

    /// <summary>Begins anew, with the next request or the next part in a race.</summary>
    public void Reset()
    {
        BeganNs = HeadNs = PlaceTakenNs = 0;
        Target = null;
        Number = 0;
        Trace = default;
        IsSent = IsHedge = _isLost = false;
        Race = null;
    }

    /// <summary>
    /// Calls it off, from any thread: its exchange is broken, a dial cancelled, and what it would begin next is not begun.
    /// </summary>
    public void Lose()
    {
        _isLost = true;
        Interlocked.MemoryBarrier();
        Exchange.Abort(Failure.EdgeAttemptLost);
        CancelDial();
    }

    /// <summary>A connection is about to be made, which <see cref="Lose"/> cancels too, until <see cref="EndDial"/>.</summary>
    public CancellationToken BeginDial(CancellationToken caller)
    {
        var dial = CancellationTokenSource.CreateLinkedTokenSource(caller);
        var token = dial.Token;
        Volatile.Write(ref _dial, dial);

        // The one side has the source seen and then looks, the other says that it is lost and then looks for a source.
        Interlocked.MemoryBarrier();
        if (_isLost)
        {
            CancelDial();
        }

        return token;
    }

    /// <summary>The connection is made, or will not be.</summary>
    public void EndDial() => Interlocked.Exchange(ref _dial, null)?.Dispose();

    /// <summary>The exchange is open: where the attempt was lost meanwhile, it is broken again.</summary>
    public void Opened()
    {
        // The one side opens and then looks, the other says so and then breaks: one of them sees the other.
        Interlocked.MemoryBarrier();
        if (_isLost)
        {
            Exchange.Abort(Failure.EdgeAttemptLost);
        }
    }

    // Whoever takes the source disposes of it.
    private void CancelDial()
    {
        using var dial = Interlocked.Exchange(ref _dial, null);
        dial?.Cancel();
    }
}
