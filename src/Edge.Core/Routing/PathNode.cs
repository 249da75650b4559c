namespace Edge.Core.Routing;

/// <summary>
/// A node of the trie of path patterns, one level a segment. A search visits a node at most once for each way to read the
/// segments before it as literals or parameters, so never more nodes than the patterns have, and with patterns that do not
/// shadow each other no more than the path has segments.
/// </summary>
internal sealed class PathNode
{
    private Dictionary<string, PathNode>? _literals;
    private Dictionary<string, PathNode>.AlternateLookup<ReadOnlySpan<char>> _literalLookup;
    private PathNode? _parameter;
    private MethodTable? _end;
    private MethodTable? _subtree;

    /// <summary>The node of a literal segment below this one, made where there is none.</summary>
    internal PathNode Literal(string segment)
    {
        if (_literals is null)
        {
            _literals = new Dictionary<string, PathNode>(StringComparer.Ordinal);
            _literalLookup = _literals.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        if (!_literals.TryGetValue(segment, out var node))
        {
            _literals[segment] = node = new PathNode();
        }

        return node;
    }

    /// <summary>The node of a parameter below this one, made where there is none.</summary>
    internal PathNode Parameter() => _parameter ??= new PathNode();

    /// <summary>The routes whose pattern ends here, made where there are none.</summary>
    internal MethodTable End(int stripLength) => _end ??= new MethodTable(stripLength);

    /// <summary>The routes whose pattern ends here with <c>/*</c>, made where there are none.</summary>
    internal MethodTable Subtree(int stripLength) => _subtree ??= new MethodTable(stripLength);

    /// <summary>Walks through the patterns below that match the rest of the path, most specific first.</summary>
    /// <param name="search">The search.</param>
    /// <param name="position">Where in the path the next segment's slash is, or the path's end.</param>
    /// <returns>True where the search is over.</returns>
    internal bool Visit(scoped ref RouteSearch search, int position)
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
