using System.Buffers;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Answers for the metadata of OAuth 2.0 resources (RFC 9728, section 3), before any route: it says where to get a token, so
/// nobody needs one for it, and pages of any origin may read it.
/// </summary>
internal static class ResourceMetadataStage
{
    private const string Methods = "GET, HEAD, OPTIONS";

    /// <summary>Runs once the target is known.</summary>
    public static PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        var resources = context.Snapshot.Resources;
        return resources.MayHold(context.Target.Path)
            ? LookAsync(context)
            : new PooledValueTask<StageResult>(StageResult.Continue);
    }

    private static async PooledValueTask<StageResult> LookAsync(RequestContext context)
    {
        var host = context.Target.Authority ?? context.RequestHeaders.Host.ToString();
        if (!context.Snapshot.Resources.TryFind(host, context.Target.Path.ToString(), out var document))
        {
            return StageResult.Continue;
        }

        var method = context.Method;
        var headers = context.ResponseHeaders;
        headers.AccessControlAllowOrigin = "*";
        if (HttpMethods.IsOptions(method))
        {
            // MCP clients in browsers send a header of their own, about which the browser asks first.
            context.StatusCode = StatusCodes.Status204NoContent;
            headers.Allow = Methods;
            headers.AccessControlAllowMethods = Methods;
            headers.AccessControlAllowHeaders = "*";
            headers.AccessControlMaxAge = "3600";
            return StageResult.Responded;
        }

        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
        {
            context.Allow = Methods;
            return StageResult.Failed(Core.Http.Failure.CallerMethodNotAllowed);
        }

        headers.ContentType = "application/json";
        headers.CacheControl = "public, max-age=300";
        headers.ContentLength = document.Length;
        context.StatusCode = StatusCodes.Status200OK;
        if (HttpMethods.IsGet(method))
        {
            await context.StartAnswerAsync();
            context.ResponseBody.Writer.Write(document);
        }

        return StageResult.Responded;
    }
}
