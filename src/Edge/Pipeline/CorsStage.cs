using Edge.Core.Http;
using Edge.Core.Routing;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>
/// Answers browsers' preflights at the door, before anything else is asked of the caller, since a preflight never carries a
/// credential; and tells browsers which pages may read an answer (Fetch standard, section "CORS protocol").
/// </summary>
internal static class CorsStage
{
    private const string PreflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

    /// <summary>
    /// Finds the route that a preflight asks about, which is that of the method in its header, not of OPTIONS. Nothing is found
    /// where the request is no preflight, or the route leaves CORS to its upstream.
    /// </summary>
    public static RouteMatch<GatewayRoute> MatchPreflight(RequestContext context, string host)
    {
        if (context.Method != "OPTIONS")
        {
            return default;
        }

        var headers = context.RequestHeaders;
        if (headers.Origin.Count != 1 || headers.AccessControlRequestMethod is not [{ } method])
        {
            return default;
        }

        var match = context.Snapshot.Router.Match(host, context.Target.Path, method);
        return match.Value?.Cors is null ? default : match;
    }

    /// <summary>Answers a preflight.</summary>
    public static StageResult Run(RequestContext context)
    {
        var cors = context.Route!.Cors!;
        var headers = context.RequestHeaders;
        if (cors.AllowOrigin(OriginOf(headers)) is null)
        {
            return StageResult.Failed(Failure.CallerOriginNotAllowed);
        }

        if (!cors.AllowsMethod(headers.AccessControlRequestMethod.ToString()))
        {
            return StageResult.Failed(Failure.CallerCorsMethodNotAllowed);
        }

        foreach (var list in headers.AccessControlRequestHeaders)
        {
            if (!cors.AllowsHeaders(list))
            {
                return StageResult.Failed(Failure.CallerCorsHeaderNotAllowed);
            }
        }

        context.StatusCode = StatusCodes.Status204NoContent;
        ResponseHeadCopier.ApplyRules(context);
        return StageResult.Responded;
    }

    /// <summary>Puts the route's word about other origins in the place of the upstream's.</summary>
    public static void ApplyTo(IHeaderDictionary headers, RequestContext context, CorsPolicy cors)
    {
        headers.AccessControlAllowOrigin = default;
        headers.AccessControlAllowCredentials = default;
        headers.AccessControlAllowMethods = default;
        headers.AccessControlAllowHeaders = default;
        headers.AccessControlExposeHeaders = default;
        headers.AccessControlMaxAge = default;
        headers.Remove("Access-Control-Allow-Private-Network");
        if (context.IsPreflight)
        {
            AddToVary(headers, PreflightVary);
        }
        else if (cors.VariesByOrigin)
        {
            AddToVary(headers, "Origin");
        }

        if (cors.AllowOrigin(OriginOf(context.RequestHeaders)) is not { } origin)
        {
            return;
        }

        headers.AccessControlAllowOrigin = origin;
        if (cors.HasCredentials)
        {
            headers.AccessControlAllowCredentials = "true";
        }

        if (!context.IsPreflight)
        {
            headers.AccessControlExposeHeaders = ValueOf(cors.Expose);
        }
        else if (context.StatusCode == StatusCodes.Status204NoContent)
        {
            headers.AccessControlAllowMethods = cors.Methods;
            headers.AccessControlAllowHeaders = ValueOf(cors.Headers);
            headers.AccessControlMaxAge = cors.MaxAge;
        }
    }

    /// <summary>Says by which fields of a request an answer is chosen, unless it says so already.</summary>
    public static void AddToVary(IHeaderDictionary headers, string names)
    {
        var old = headers.Vary;
        if (old.Count == 0)
        {
            headers.Vary = names;
        }
        else if (!UpstreamRequestWriter.IsNamedBy(old, "*") && !UpstreamRequestWriter.IsNamedBy(old, names))
        {
            headers.Append("Vary", names);
        }
    }

    private static StringValues ValueOf(string list) => list.Length == 0 ? default : new StringValues(list);

    // Two of them are none: whoever joins them and whoever takes the first would not agree.
    private static string? OriginOf(IHeaderDictionary headers) => headers.Origin is [{ } origin] ? origin : null;
}
