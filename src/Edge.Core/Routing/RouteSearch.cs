namespace Edge.Core.Routing;

/// <summary>One walk through the candidates for a request, most specific first. Lives on the stack.</summary>
internal ref struct RouteSearch
{
    private readonly ReadOnlySpan<char> _method;

    /// <summary>A search for one request.</summary>
    internal RouteSearch(ReadOnlySpan<char> path, ReadOnlySpan<char> method)
    {
        Path = path;
        _method = method;
    }

    /// <summary>The path that is looked for.</summary>
    internal ReadOnlySpan<char> Path { get; }

    /// <summary>The place of the route that was found, once <see cref="Offer"/> has returned true.</summary>
    internal int Found { get; private set; }

    /// <summary>Chars of the path that it strips, likewise.</summary>
    internal int StripLength { get; private set; }

    /// <summary>True where a candidate matched host and path, but not the method.</summary>
    internal bool PathSeen { get; private set; }

    /// <summary>Where the methods of the candidates are collected; null while they are not asked for.</summary>
    internal List<string>? Allow { get; init; }

    /// <summary>Looks at routes whose host and path match.</summary>
    /// <returns>True where one takes the method too: the search is over.</returns>
    internal bool Offer(MethodTable? table)
    {
        if (table is null)
        {
            return false;
        }

        PathSeen = true;
        if (Allow is not null)
        {
            table.AddListedTo(Allow);
            return false;
        }

        Found = table.Find(_method);
        StripLength = table.StripLength;
        return Found >= 0;
    }
}
