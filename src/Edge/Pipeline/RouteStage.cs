using Edge.Core.Http;
using Edge.Core.Routing;

namespace Edge.Pipeline;

/// <summary>Finds the route by host, path and method, and what it says of body size and request id.</summary>
internal sealed class RouteStage(RequestIds requestIds)
{
    /// <summary>Runs once the target is known.</summary>
    public StageResult Run(RequestContext context)
    {
        var target = context.Target;
        var host = context.CallerHost;
        var match = CorsStage.MatchPreflight(context, host);
        if (match.Outcome == RouteOutcome.Found)
        {
            context.IsPreflight = true;
        }
        else
        {
            match = context.Snapshot.Router.Match(host, target.Path, context.Method);
        }

        if (match.Outcome != RouteOutcome.Found)
        {
            context.Allow = match.Allow;
            return StageResult.Failed(
                match.Outcome == RouteOutcome.NotFound ? Failure.CallerRouteNotFound : Failure.CallerMethodNotAllowed);
        }

        var route = match.Value!;
        context.Route = route;
        context.StripLength = match.StripLength;
        context.Dialect = route.DialectOf(context.Method, target.Path);
        if (route.Plan.RequestId is { } id)
        {
            var own = context.HeaderNamed(id.Header);
            context.RequestId = own.Count == 1 && RequestIds.IsWellFormed(own[0]) ? own[0] : requestIds.Create();
        }

        context.LimitRequestBody(route.Plan.RequestBodyMax);
        return context.RequestLength > context.RequestBodyMax
            ? StageResult.Failed(Failure.CallerBodyTooLarge)
            : StageResult.Continue;
    }
}
