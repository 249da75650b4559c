using Edge.Core.Http;
using Edge.Threading;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// Answers with the translation of an answer that is no stream. It is taken whole first: so what turns out to be no answer
/// becomes an error, and never half an answer.
/// </summary>
internal static class TranslatedAnswer
{
    /// <summary>
    /// Takes the body, translates it and answers. The head has been copied to the answer, which has not started yet.
    /// </summary>
    public static async PooledValueTask<Failure> RunAsync(RequestContext context, UpstreamExchange exchange)
    {
        var translation = context.Translation!;
        while (true)
        {
            switch (exchange.TryReadBody(out var run))
            {
                case BodyStatus.Data:
                    context.Meter?.Take(run.Span);
                    translation.Take(run);
                    if (translation.IsBroken)
                    {
                        return Failure.UpstreamAnswerNotTranslatable;
                    }

                    break;
                case BodyStatus.End:
                    context.Meter?.End();
                    var failure = translation.Finish(context);
                    return failure == Failure.None ? await AnswerAsync(context) : failure;
                case BodyStatus.Invalid:
                    return Failure.UpstreamBodyInvalid;
                default:
                    failure = await ResponseRelay.EndReceiveAsync(exchange, exchange.ReceiveMoreAsync());
                    if (failure != Failure.None)
                    {
                        return failure;
                    }

                    break;
            }
        }
    }

    private static async PooledValueTask<Failure> AnswerAsync(RequestContext context)
    {
        var body = context.Body;
        context.Cache?.Take(body.Written.Span);
        context.Cache?.Complete(context);
        UsageHeader.SetHeader(context);
        context.ResponseHeaders.ContentLength = body.Length;
        context.ResponseBytes += body.Length;
        await context.StartAnswerAsync();
        context.ResponseBody.Writer.Put(body.Written.Span);
        body.ReturnMemory();
        return Failure.None;
    }
}
