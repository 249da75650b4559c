namespace Edge.Core.Routing;

/// <summary>What a search for a route came to.</summary>
public enum RouteOutcome
{
    /// <summary>No route matches host and path.</summary>
    NotFound,

    /// <summary>A route matches host, path and method.</summary>
    Found,

    /// <summary>Routes match host and path, but none the method.</summary>
    MethodNotAllowed,
}
