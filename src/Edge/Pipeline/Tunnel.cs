using System.Buffers.Binary;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Threading;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// A connection behind a switch of protocols: passes bytes both ways, each as fast as the other side takes them, until one side
/// ends or time is up.
/// <code>
///   caller ──► Up ──► upstream      one run of bytes at a time, held by nobody while nothing comes
///   caller &lt;── Down &lt;── upstream
/// </code>
/// The end of either side is the end of both, after what came before it has been delivered; only on HTTP/2 a caller may end its
/// half and go on reading. It does not own the exchange. All members but <see cref="RunAsync"/> are for any thread.
/// </summary>
#pragma warning disable CA1001 // The source of tokens has no timer, and whoever breaks the exchange may come when all is over.
internal sealed class Tunnel
#pragma warning restore CA1001
{
    /// <summary>How long the rest may take to be delivered once one side has ended.</summary>
    public static readonly TimeSpan RestTime = TimeSpan.FromSeconds(5);

    /// <summary>Why a WebSocket is ended when the gateway stops: "going away" (RFC 6455, section 7.4.1).</summary>
    public const ushort GoingAway = 1001;

    private const byte FinalClose = 0x88;
    private const byte Masked = 0x80;
    private const int MaskBytes = 4;

    private readonly UpstreamExchange _exchange;
    private readonly bool _isWebSocket;
    private readonly bool _callerMayHalfClose;
    private readonly CancellationTokenSource _stop = new();
    private readonly TunnelDirection _up = new();
    private readonly TunnelDirection _down = new();
    private Stream _caller = Stream.Null;
    private volatile bool _isUpstreamDeaf;
    private volatile bool _saysGoodbye;
    private volatile bool _isEnding;
    private volatile bool _hasCallerLeft;

    /// <summary>
    /// The upstream's side of a tunnel. Its time begins, and the head of the 101, which was copied, is forgotten.
    /// </summary>
    /// <param name="exchange">Open, with the head of a 101.</param>
    /// <param name="plan">How long it may last.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="callerMayHalfClose">True where the end of what the caller sends is not the end of what it reads.</param>
    public Tunnel(UpstreamExchange exchange, UpgradePlan plan, string protocol, bool callerMayHalfClose)
    {
        _exchange = exchange;
        exchange.BeginTunnel(plan.Idle, plan.Total, _stop);
        _isWebSocket = protocol == UpgradePlan.WebSocket;
        _callerMayHalfClose = callerMayHalfClose;
    }

    private enum Ended
    {
        /// <summary>The side it came from sends no more.</summary>
        AtSource,

        /// <summary>That side broke off.</summary>
        SourceBroke,

        /// <summary>The other side takes no more.</summary>
        NotTaken,

        /// <summary>It was stopped.</summary>
        Stopped,
    }

    /// <summary>Bytes from the caller that the upstream was given.</summary>
    public long BytesUp => _up.Bytes;

    /// <summary>Bytes from the upstream that the caller was given.</summary>
    public long BytesDown => _down.Bytes;

    /// <summary>How it has ended; None: it runs.</summary>
    public TunnelEnd End { get; private set; }

    /// <summary>The caller has switched, too.</summary>
    /// <param name="caller">What it sends and gets.</param>
    public void Join(Stream caller) => _caller = caller;

    /// <summary>Passes bytes until the end. The exchange stays to be closed.</summary>
    /// <param name="callerGone">Cancelled when the caller's connection or stream is no more.</param>
    /// <returns>None where nobody broke anything: an end by either side, or by time.</returns>
    public async PooledValueTask<Failure> RunAsync(CancellationToken callerGone)
    {
        // It may still be waited for that the upstream takes what the caller had sent before; but not for ever.
        await using var leaving = callerGone.UnsafeRegister(static tunnel => ((Tunnel)tunnel!).CallerLeft(), this);
        var up = PumpUpAsync();
        var down = PumpDownAsync();
        await Task.WhenAny(up, down);
        Ended upEnd;
        Ended downEnd;
        var isUpFirst = up.IsCompleted;
        if (isUpFirst)
        {
            upEnd = await up;
            await FollowAsync(upEnd);
            downEnd = await down;
        }
        else
        {
            downEnd = await down;
            _isEnding = true;
            await _stop.CancelAsync();
            _exchange.Abort(Failure.UpstreamClosed);
            upEnd = await up;
        }

        return Conclude(isUpFirst, upEnd, downEnd);
    }

    /// <summary>
    /// The gateway is about to stop: a WebSocket gets a Close frame each way, between two frames. Of other protocols nothing is
    /// known, and they go on until they are broken off.
    /// </summary>
    public async Task SayGoodbyeAsync()
    {
        _saysGoodbye = true;
        if (!_isWebSocket || _isEnding)
        {
            return;
        }

        try
        {
            await Task.WhenAll(SayGoodbyeAsync(_down, isUp: false), SayGoodbyeAsync(_up, isUp: true));
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            // There is nobody to say it to, and whoever reads from there learns that too.
        }
    }

    // Registered for as long as the exchange is open and no longer.
    private void CallerLeft()
    {
        _hasCallerLeft = true;
        _exchange.EndWithin(RestTime);
    }

    /// <summary>What the end of the one way means for the other.</summary>
    private async ValueTask FollowAsync(Ended up)
    {
        _isEnding = true;
        switch (up)
        {
            case Ended.AtSource:
                await EndSendingAsync();
                if (!_callerMayHalfClose)
                {
                    _exchange.EndWithin(RestTime);
                }

                break;
            case Ended.NotTaken:
                // It may have said why.
                _exchange.EndWithin(RestTime);
                break;
            default:
                _exchange.Abort(Failure.CallerGone);
                break;
        }
    }

    private async ValueTask EndSendingAsync()
    {
        await _up.Gate.WaitAsync();
        try
        {
            await _exchange.EndSendingAsync();
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            // The reading side learns of it.
        }
        finally
        {
            _up.HasEnded = true;
            _up.Gate.Release();
        }
    }

    private Failure Conclude(bool isUpFirst, Ended up, Ended down)
    {
        switch (_exchange.AbortReason)
        {
            case Failure.UpstreamIdleTimeout:
                End = TunnelEnd.Idle;
                return Failure.None;
            case Failure.EdgeStopping:
                End = TunnelEnd.Drain;
                return Failure.EdgeStopping;
            case Failure.UpstreamTotalTimeout when !isUpFirst && !_hasCallerLeft:
                End = TunnelEnd.Total;
                return Failure.None;
        }

        var isCaller = isUpFirst ? up != Ended.NotTaken : _hasCallerLeft;
        End = _saysGoodbye ? TunnelEnd.Drain : isCaller ? TunnelEnd.Caller : TunnelEnd.Upstream;
        return End switch
        {
            TunnelEnd.Caller when up != Ended.AtSource => Failure.CallerGone,
            TunnelEnd.Upstream when down == Ended.SourceBroke => Failure.UpstreamBodyIncomplete,
            TunnelEnd.Upstream when down == Ended.NotTaken => Failure.CallerGone,
            _ => Failure.None,
        };
    }

    private async Task<Ended> PumpUpAsync()
    {
        try
        {
            // The server's buffers go out as they are: while nothing comes, no memory is held for it.
            await _caller.CopyToAsync(new UpstreamEnd(this), _stop.Token);
            return Ended.AtSource;
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            return _stop.IsCancellationRequested ? Ended.Stopped
                : _isUpstreamDeaf ? Ended.NotTaken
                : Ended.SourceBroke;
        }
    }

    private async Task<Ended> PumpDownAsync()
    {
        var isTaken = true;
        try
        {
            while (true)
            {
                if (_exchange.TryReadBody(out var run) == BodyStatus.Data)
                {
                    isTaken = isTaken && await TrySendDownAsync(run);
                    continue;
                }

                var received = await _exchange.ReceiveMoreAsync();
                var failure = _exchange.EndReceive(received);
                if (received == 0)
                {
                    return !isTaken ? Ended.NotTaken : failure == Failure.None ? Ended.AtSource : Ended.SourceBroke;
                }

                _exchange.AwaitMore();
            }
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            _exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
            return Ended.SourceBroke;
        }
    }

    private async ValueTask SendUpAsync(ReadOnlyMemory<byte> run)
    {
        await _up.Gate.WaitAsync(_stop.Token);
        try
        {
            _exchange.AwaitMore();
            if (_up.HasEnded)
            {
                return;
            }

            await _exchange.SendRunAsync(run);
            _exchange.AwaitMore();
            _up.Passed(run.Span, _isWebSocket);
            if (_up is { WantsGoodbye: true, MayEnd: true })
            {
                await WriteGoodbyeAsync(_up, isUp: true);
            }
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            _isUpstreamDeaf = true;
            throw;
        }
        finally
        {
            _up.Gate.Release();
        }
    }

    /// <summary>False: the caller takes no more, and the rest is only read to find the end.</summary>
    private async ValueTask<bool> TrySendDownAsync(ReadOnlyMemory<byte> run)
    {
        await _down.Gate.WaitAsync();
        try
        {
            if (_down.HasEnded)
            {
                return true;
            }

            await _caller.WriteAsync(run, _stop.Token);
            _exchange.AwaitMore();
            _down.Passed(run.Span, _isWebSocket);
            if (_down is { WantsGoodbye: true, MayEnd: true })
            {
                await WriteGoodbyeAsync(_down, isUp: false);
            }

            return true;
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            return false;
        }
        finally
        {
            _down.Gate.Release();
        }
    }

    private async Task SayGoodbyeAsync(TunnelDirection direction, bool isUp)
    {
        await direction.Gate.WaitAsync(_stop.Token);
        try
        {
            direction.WantsGoodbye = true;
            if (direction.MayEnd)
            {
                await WriteGoodbyeAsync(direction, isUp);
            }
        }
        finally
        {
            direction.Gate.Release();
        }
    }

    // What a client sends is masked (RFC 6455, section 5.3), and to the upstream this side is the client.
    private async ValueTask WriteGoodbyeAsync(TunnelDirection direction, bool isUp)
    {
        direction.HasEnded = true;
        var frame = new byte[isUp ? 4 + MaskBytes : 4];
        frame[0] = FinalClose;
        frame[1] = (byte)(sizeof(ushort) | (isUp ? Masked : 0));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(frame.Length - sizeof(ushort)), GoingAway);
        if (isUp)
        {
            var mask = frame.AsSpan(2, MaskBytes);
            Random.Shared.NextBytes(mask);
            frame[^2] ^= mask[0];
            frame[^1] ^= mask[1];
            await _exchange.SendRunAsync(frame);
        }
        else
        {
            await _caller.WriteAsync(frame, _stop.Token);
        }
    }

    private static bool IsBroken(Exception exception) =>
        exception is IOException or OperationCanceledException or InvalidOperationException
        || UpstreamConnection.IsConnectionError(exception);

    /// <summary>
    /// Where the caller's bytes go: a stream, since that is what the server copies to without a buffer of its own.
    /// </summary>
    private sealed class UpstreamEnd(Tunnel tunnel) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            tunnel.SendUpAsync(buffer);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            tunnel.SendUpAsync(buffer.AsMemory(offset, count)).AsTask();

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
