using Edge.Core.Http;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// An answer that was not given to the caller, because another attempt was to be made: if that has none, this is what the caller
/// gets, as it came. Reading it to its end also leaves its connection fit for use. One for each <see cref="RequestContext"/>.
/// </summary>
internal sealed class KeptAnswer
{
    /// <summary>Longest body that is kept, and read at all.</summary>
    public const int BodyBytesMax = 64 * 1024;

    /// <summary>Longest time that it is waited for.</summary>
    public static readonly TimeSpan BodyTimeMax = TimeSpan.FromMilliseconds(250);

    private readonly HeadBuffer _head = new();
    private readonly HeadBuffer _body = new();
    private bool _isHead;

    /// <summary>True where there is one, whole.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Takes the answer of an exchange, whose head is here. What was kept before is forgotten.</summary>
    public async ValueTask TakeAsync(UpstreamExchange exchange, bool isHead)
    {
        Clear();
        _isHead = isHead;
        _head.Write(exchange.HeadBytes);
        exchange.BeginBody();
        var untilMs = exchange.DueIn(BodyTimeMax);
        while (true)
        {
            switch (exchange.TryReadBody(out var run))
            {
                case BodyStatus.Data when _body.Length + run.Length <= BodyBytesMax:
                    _body.Write(run.Span);
                    break;
                case BodyStatus.End:
                    IsWhole = true;
                    return;
                case BodyStatus.NeedMore when !exchange.IsDue(untilMs):
                    if (await ReceiveAsync(exchange, untilMs) != Failure.None)
                    {
                        return;
                    }

                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>Gives it to the caller, whose answer has not started.</summary>
    public async ValueTask GiveAsync(RequestContext context, ResponseHeadCopier copier)
    {
        copier.Copy(context, Parse(), _head.Written.Span, startsNext: false);

        // Whole as it is, it goes in one piece however it came.
        context.EventStream = null;
        if (!_isHead && context.StatusCode is not StatusCodes.Status204NoContent)
        {
            context.ResponseHeaders.ContentLength = _body.Length;
        }

        var body = _body.Written;
        if (context.Translation is { } translation)
        {
            translation.Take(_body.Written);
            body = translation.FinishError(context);
            context.ResponseHeaders.ContentLength = body.Length;
        }

        context.Cache?.Take(body.Span);
        context.Cache?.Complete(context);
        await context.StartAnswerAsync();
        context.ResponseBody.Writer.Put(body.Span);
        context.ResponseBytes += body.Length;
    }

    /// <summary>Forgets it.</summary>
    public void Clear()
    {
        IsWhole = false;
        _head.ReturnMemory();
        _body.ReturnMemory();
    }

    private ResponseHead Parse()
    {
        var head = new ResponseHead(_head.Length);
        head.Parse(_head.Written.Span, out _);
        return head;
    }

    private static async PooledValueTask<Failure> ReceiveAsync(UpstreamExchange exchange, long untilMs)
    {
        var receiving = exchange.ReceiveMoreAsync();
        exchange.AwaitMoreUntil(untilMs);
        try
        {
            return exchange.EndReceive(await receiving);
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            return exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
        }
    }
}
