using System.IO.Pipelines;
using Edge.Core.Http;
using Edge.Core.Memory;
using Edge.Threading;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// The rest of a large answer that nobody here looks at: it is received into the memory from which it is sent, which for as long
/// as the caller takes it is the same block over and over, still in the processor's cache.
/// </summary>
internal static class PassedBody
{
    /// <summary>Bytes that are received and sent at a time while the caller takes them at once.</summary>
    public const int PieceBytesMax = 2 * BlockPool.LargeBytes;

    /// <summary>
    /// The same once it does not: so much then waits for it here. What waits first may be the most, behind all that the kernel
    /// holds.
    /// </summary>
    public const int PieceBytesMin = BlockPool.LargeBytes;

    // Not worth a receive of its own while there is more.
    private const int RoomBytesMin = BlockPool.MediumBytes;

    /// <summary>True where the rest of an answer can be handed on so; what came before it has been written.</summary>
    /// <remarks>
    /// Over TLS and HTTP/2 the server has buffers of its own in between, which keep what was asked for and not used.
    /// </remarks>
    public static bool Is(RequestContext context, UpstreamExchange exchange) =>
        exchange.PassableBytes > 0
        && context is { EventStream: null, Translation: null, Meter: null, Cache: null, HasAnswerStarted: true }
        && context is { IsHttp2: false, IsHttps: false };

    /// <summary>Relays until the body's end.</summary>
    /// <param name="context">The request, whose answer has started.</param>
    /// <param name="exchange">Its exchange.</param>
    /// <param name="unflushed">Bytes that have been written and not been flushed.</param>
    public static async PooledValueTask<Failure> RunAsync(RequestContext context, UpstreamExchange exchange, int unflushed)
    {
        context.BeginLongAnswer();
        exchange.BeginPassing();
        var writer = context.ResponseBody.Writer;
        var pieceBytes = PieceBytesMin;
        var isHeadFlushed = false;
        var waits = 0;
        while (true)
        {
            var failure = Receive(context, exchange, writer, pieceBytes - unflushed);
            if (failure != Failure.None)
            {
                return failure;
            }

            if (exchange.PassableBytes == 0)
            {
                return await ResponseRelay.EndAsync(context, exchange, stream: null, isHeadFlushed);
            }

            isHeadFlushed = true;
            var flushing = ResponseRelay.FlushAsync(context);
            waits = flushing.IsCompleted ? 0 : waits + 1;
            pieceBytes = waits < 2 ? PieceBytesMax : PieceBytesMin;
            unflushed = 0;
            if (await flushing != Failure.None)
            {
                return Failure.CallerGone;
            }

            // At once where there is more, unless other connections have their turn first.
            await exchange.AwaitBodyAsync();
            exchange.EndAwaitBody();
        }
    }

    /// <summary>Receives what is there, but not much more than so many bytes.</summary>
    private static Failure Receive(RequestContext context, UpstreamExchange exchange, PipeWriter writer, int bytesMax)
    {
        while (bytesMax > 0 && exchange.PassableBytes > 0 && exchange.MayReceiveBody)
        {
            var roomBytes = Math.Max(bytesMax, RoomBytesMin);
            var room = writer.GetSpan(exchange.PassableBytes < roomBytes ? (int)exchange.PassableBytes + 1 : roomBytes);
            if (room.IsEmpty)
            {
                // The caller is gone: the flush says so.
                return Failure.None;
            }

            var failure = exchange.ReceiveBody(room, out var received);
            if (failure != Failure.None || received == 0)
            {
                return failure;
            }

            writer.Advance(received);
            context.ResponseBytes += received;
            bytesMax -= received;
        }

        return Failure.None;
    }
}
