namespace Edge.Core.Routing;

/// <summary>The result of a search for a route.</summary>
/// <typeparam name="T">What a route leads to.</typeparam>
public readonly struct RouteMatch<T>
    where T : class
{
    private RouteMatch(RouteOutcome outcome, T? value, int stripLength, string? allow)
    {
        Outcome = outcome;
        Value = value;
        StripLength = stripLength;
        Allow = allow;
    }

    /// <summary>What it came to.</summary>
    public RouteOutcome Outcome { get; }

    /// <summary>Where the route leads; null unless <see cref="RouteOutcome.Found"/>.</summary>
    public T? Value { get; }

    /// <summary>
    /// Chars of the path that are the pattern's literal part, for routes that strip it: all of an exact path, <c>/v1</c> of
    /// <c>/v1/*</c>, <c>/users</c> of <c>/users/{id}</c>. What is left is empty or starts with a slash.
    /// </summary>
    public int StripLength { get; }

    /// <summary>
    /// With <see cref="RouteOutcome.MethodNotAllowed"/>: the methods that would match, as the Allow header says them.
    /// </summary>
    public string? Allow { get; }

    /// <summary>A route was found.</summary>
    internal static RouteMatch<T> Found(T value, int stripLength) => new(RouteOutcome.Found, value, stripLength, null);

    /// <summary>Routes match the path, none the method.</summary>
    internal static RouteMatch<T> MethodNotAllowed(string allow) => new(RouteOutcome.MethodNotAllowed, null, 0, allow);
}
