using Edge.Core.Http;

namespace Edge.Pipeline;

/// <summary>The door: refuses what could be understood in two ways, and gives the request its target.</summary>
internal sealed class AdmitStage
{
    /// <summary>Runs on every request, before anything is known about it.</summary>
    public static StageResult Run(RequestContext context)
    {
        var request = context.Request;
        if (!RequestTarget.TryParse(request.RawTarget, out var target))
        {
            return StageResult.Failed(Failure.CallerTargetInvalid);
        }

        // Content-Length beside Transfer-Encoding: Kestrel reads the chunks and renames the length. A hop before us may have read
        // the length instead, so the message is refused and its connection closed (RFC 9112, section 6.3, point 3).
        var headers = request.Headers;
        if (headers.TransferEncoding.Count > 0 && headers.ContainsKey("X-Content-Length"))
        {
            context.Response.Headers.Connection = "close";
            return StageResult.Failed(Failure.CallerBodyInvalid);
        }

        context.Target = target;
        return StageResult.Continue;
    }
}
