namespace Edge.Core.Routing;

/// <summary>
/// A node of the trie of path patterns, one level a segment. A search visits a node at most once for each way to read the
/// segments before it as literals or parameters, so never more nodes than the patterns have, and with patterns that do not
/// shadow each other no more than the path has segments.
/// </summary>
/// <typeparam name="T">What a route leads to.</typeparam>
internal sealed class PathNode<T>
    where T : class
{
    private Dictionary<string, PathNode<T>>? _literals;
    private Dictionary<string, PathNode<T>>.AlternateLookup<ReadOnlySpan<char>> _literalLookup;
    private PathNode<T>? _parameter;
    private MethodTable<T>? _end;
    private MethodTable<T>? _subtree;

    /// <summary>The node of a literal segment below this one, made where there is none.</summary>
    internal PathNode<T> Literal(string segment)
    {
        if (_literals is null)
        {
            _literals = new Dictionary<string, PathNode<T>>(StringComparer.Ordinal);
            _literalLookup = _literals.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        if (!_literals.TryGetValue(segment, out var node))
        {
            _literals[segment] = node = new PathNode<T>();
        }

        return node;
    }

    /// <summary>The node of a parameter below this one, made where there is none.</summary>
    internal PathNode<T> Parameter() => _parameter ??= new PathNode<T>();

    /// <summary>The routes whose pattern ends here, made where there are none.</summary>
    internal MethodTable<T> End(int stripLength) => _end ??= new MethodTable<T>(stripLength);

    /// <summary>The routes whose pattern ends here with <c>/*</c>, made where there are none.</summary>
    internal MethodTable<T> Subtree(int stripLength) => _subtree ??= new MethodTable<T>(stripLength);

    /// <summary>Walks through the patterns below that match the rest of the path, most specific first.</summary>
    /// <param name="search">The search.</param>
    /// <param name="position">Where in the path the next segment's slash is, or the path's end.</param>
    /// <returns>True where the search is over.</returns>
    internal bool Visit(scoped ref RouteSearch<T> search, int position)
    {
        var path = search.Path;
        if (position == path.Length)
        {
            return search.Offer(_end) || search.Offer(_subtree);
        }

        var next = path[(position + 1)..].IndexOf('/');
        var end = next < 0 ? path.Length : position + 1 + next;
        var segment = path[(position + 1)..end];
        return (_literals is not null && _literalLookup.TryGetValue(segment, out var literal) && literal.Visit(ref search, end))
            || (_parameter is not null && !segment.IsEmpty && _parameter.Visit(ref search, end))
            || search.Offer(_subtree);
    }
}
