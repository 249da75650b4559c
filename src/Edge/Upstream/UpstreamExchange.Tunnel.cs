using Edge.Core.Http;

namespace Edge.Upstream;

/// <summary>The connection behind a switch of protocols (101): bytes both ways, until one side ends.</summary>
internal sealed partial class UpstreamExchange
{
    /// <summary>
    /// True where the request asks for a switch; set after <see cref="Open"/>. The connection is not used again.
    /// </summary>
    public bool AsksUpgrade { get; set; }

    /// <summary>Why the exchange was broken, by whom it was; None: it was not.</summary>
    public Failure AbortReason => _connection!.AbortReason;

    /// <summary>
    /// The head of a 101 has been read: what is behind it, of which some may be here, is read like a body that lasts until the
    /// connection ends. All other times are void, and one without a byte begins.
    /// </summary>
    /// <param name="idle">The longest time without a byte.</param>
    /// <param name="total">The longest time altogether.</param>
    /// <param name="broken">Cancelled where the exchange is broken, by these times or others.</param>
    public void BeginTunnel(TimeSpan idle, TimeSpan total, CancellationTokenSource broken)
    {
        BeginBody();
        _framing = BodyFraming.UntilClose;
        _bodyEnded = false;
        _timeouts = _timeouts with { Idle = idle };
        _connection!.Broken = broken;
        _connection.Deadlines.WholeBy(After(total));
        AwaitMore();
        if (AbortReason != Failure.None)
        {
            // Whoever broke it came before there was anybody to tell.
            broken.Cancel();
        }
    }

    /// <summary>
    /// Sends bytes; what <see cref="UpstreamConnection.IsConnectionError"/> names is thrown where they are not taken.
    /// </summary>
    public ValueTask SendRunAsync(ReadOnlyMemory<byte> run) => _connection!.SendAsync(run);

    /// <summary>Tells the target that nothing more is sent; it may send on.</summary>
    public ValueTask EndSendingAsync() => _connection!.EndSendingAsync();

    /// <summary>Whatever passes, it has no longer than this.</summary>
    public void EndWithin(TimeSpan span) => _connection!.Deadlines.WholeBy(After(span));
}
