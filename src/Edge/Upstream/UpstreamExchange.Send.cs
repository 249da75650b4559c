using Edge.Core.Http;
using Edge.Threading;

namespace Edge.Upstream;

/// <content>Sends the head of a request, and a small body with it.</content>
internal sealed partial class UpstreamExchange
{
    /// <summary>Sends <see cref="Request"/>. A failure is not yet the end: an early answer may be waiting.</summary>
    /// <param name="isWhole">True when nothing follows: the answer is due from now on.</param>
    public PooledValueTask<Failure> SendAsync(bool isWhole)
    {
        var connection = _connection!;
        _requestIsWhole = isWhole;
        _requestBytes = Request.Length;
        connection.Deadlines.SendBy(After(_timeouts.Idle));
        try
        {
            var sending = connection.SendAsync(Request.Written);
            if (!sending.IsCompletedSuccessfully)
            {
                return AwaitSentAsync(connection, sending, isWhole);
            }

            sending.GetAwaiter().GetResult();
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            return new PooledValueTask<Failure>(NotSent(connection, exception));
        }

        Sent(connection, isWhole);
        return new PooledValueTask<Failure>(Failure.None);
    }

    private async PooledValueTask<Failure> AwaitSentAsync(UpstreamConnection connection, ValueTask sending, bool isWhole)
    {
        try
        {
            await sending;
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            return NotSent(connection, exception);
        }

        Sent(connection, isWhole);
        return Failure.None;
    }

    private void Sent(UpstreamConnection connection, bool isWhole)
    {
        Request.ReturnMemory();
        connection.Deadlines.SendWheneverReady();
        if (isWhole)
        {
            RequestIsSent();
        }
    }

    private Failure NotSent(UpstreamConnection connection, Exception exception)
    {
        Request.ReturnMemory();
        IsUnsent = IsTakenAtOnce(connection);
        connection.Deadlines.SendWheneverReady();
        connection.Deadlines.HeadBy(After(_timeouts.FirstByte));
        return FailureOf(exception, Failure.UpstreamClosed);
    }
}
