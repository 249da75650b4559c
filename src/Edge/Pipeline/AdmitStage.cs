using Edge.Core.Http;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>The door: refuses what could be understood in two ways, and gives the request its target.</summary>
internal sealed class AdmitStage
{
    /// <summary>What a 405 of the door allows; the route may allow less.</summary>
    public const string MethodsAllowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>Runs on every request, before anything is known about it.</summary>
    public static StageResult Run(RequestContext context)
    {
        if (context.RequestHeaders.TransferEncoding.Count > 0 && !IsFramedPlainly(context))
        {
            return StageResult.Failed(Failure.CallerBodyInvalid);
        }

        if (context.ConnectionOptions is { Count: > 0 } connection
            && UpstreamRequestWriter.IsNamedBy(connection, ConnectionEncoding.DisguisedClose))
        {
            context.CloseAfterAnswer();
        }

        if (context.IsHttp2 && HasConnectionFields(context.RequestHeaders))
        {
            return StageResult.Failed(Failure.CallerHeaderInvalid);
        }

        if (IsForAnotherHop(context.Method) && !(HttpMethods.IsConnect(context.Method) && context.TryTakeConnect()))
        {
            context.Allow = MethodsAllowed;
            return StageResult.Failed(Failure.CallerMethodNotAllowed);
        }

        if (!RequestTarget.TryParse(context.Request.RawTarget, out var target))
        {
            return StageResult.Failed(Failure.CallerTargetInvalid);
        }

        context.Target = target;
        return StageResult.Continue;
    }

    /// <summary>
    /// True where a body's length has one meaning only. Kestrel takes more than that: any list that ends in "chunked", and it
    /// passes the body on without undoing the codings before it; it takes the field from HTTP/1.0, in which it means nothing; and
    /// where a Content-Length stands beside it, it renames that. A hop before us may have read each of these in another way (RFC
    /// 9112, sections 6.1 and 6.3).
    /// </summary>
    private static bool IsFramedPlainly(RequestContext context)
    {
        var codings = context.RequestHeaders.TransferEncoding;
        return codings.Count == 1
            && string.Equals(codings[0], "chunked", StringComparison.OrdinalIgnoreCase)
            && context.Protocol == "HTTP/1.1"
            && !context.RequestHeaders.ContainsKey("X-Content-Length");
    }

    // Kestrel itself refuses Connection, Transfer-Encoding and TE; these make a request malformed too (RFC 9113, section 8.2.2).
    private static bool HasConnectionFields(IHeaderDictionary headers) =>
        headers.KeepAlive.Count > 0 || headers.Upgrade.Count > 0 || headers.ContainsKey("Proxy-Connection");

    // CONNECT asks for a tunnel, which this is not, unless it names a protocol (RFC 8441). TRACE (TRACK to some) would have the
    // target repeat what it was sent to the caller, our credential included (RFC 9110, sections 9.3.6 and 9.3.8).
    private static bool IsForAnotherHop(string method) =>
        HttpMethods.IsConnect(method) || HttpMethods.IsTrace(method)
        || method.Equals("TRACK", StringComparison.OrdinalIgnoreCase);
}
