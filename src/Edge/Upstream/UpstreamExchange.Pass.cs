using Edge.Core.Http;
using Edge.Transport;

namespace Edge.Upstream;

/// <content>The rest of a body of known length, received into the memory from which it is sent on.</content>
internal sealed partial class UpstreamExchange
{
    /// <summary>
    /// Bytes of the body that are still to come, where these can be had by <see cref="ReceiveBody"/>; else zero: over TLS, of a
    /// body whose framing has to be read, and where some of it is here that has not been read.
    /// </summary>
    public long PassableBytes =>
        _framing == BodyFraming.ContentLength && _connection!.CanReceiveElsewhere ? _remaining : 0;

    /// <summary>From here on the body is received elsewhere: the connection needs no memory for it.</summary>
    public void BeginPassing() => _connection!.ReleaseRoom();

    /// <summary>False: the next of the body has to be waited for.</summary>
    public bool MayReceiveBody => _connection!.MayReceive;

    /// <summary>
    /// Receives what is there of the body. The memory must have room for one byte more than is to come, or so many as it may: a
    /// byte behind the body's end is noticed by that.
    /// </summary>
    /// <param name="into">Where it goes.</param>
    /// <param name="received">How many bytes of the body came; zero: wait by <see cref="AwaitBodyAsync"/>.</param>
    public Failure ReceiveBody(Span<byte> into, out int received)
    {
        var connection = _connection!;
        received = 0;
        var count = connection.Receive(into.Length > _remaining ? into[..((int)_remaining + 1)] : into);
        if (count > 0)
        {
            // What follows the body was not asked for, and what it belongs to nobody knows.
            _isDistrusted |= count > _remaining;
            received = (int)Math.Min(count, _remaining);
            _remaining -= received;
            _bodyEnded = _remaining == 0;
            return Failure.None;
        }

        return count switch
        {
            LinuxSocket.WouldBlock => Failure.None,
            0 => ReasonElse(Failure.UpstreamBodyIncomplete),
            _ => FailureOf(LinuxSocket.ExceptionOf(count), Failure.UpstreamBodyIncomplete),
        };
    }

    /// <summary>Waits for more of the body, as long as the idle timeout lets it; without memory.</summary>
    public ValueTask<int> AwaitBodyAsync()
    {
        _connection!.Deadlines.ReceiveBy(After(_timeouts.Idle));
        return _connection.AwaitReadableAsync();
    }

    /// <summary>The wait is over.</summary>
    public void EndAwaitBody() => _connection!.Deadlines.ReceiveWheneverReady();
}
