using Edge.Core.Configuration;

namespace Edge.Core.Routing;

/// <summary>The routes of one host: exact paths in a hash table, all other patterns in a trie.</summary>
internal sealed class HostRoutes
{
    /// <summary>Most segments of a path pattern, which bounds the depth of a search.</summary>
    public const int PatternSegmentCountMax = 64;

    private const string SubtreeSuffix = "/*";

    private readonly Dictionary<string, MethodTable> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MethodTable>.AlternateLookup<ReadOnlySpan<char>> _exactLookup;
    private readonly PathNode _root = new();

    /// <summary>A table without hosts.</summary>
    internal HostRoutes() => _exactLookup = _exact.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Adds a route; those added before it win where both are equally specific.</summary>
    internal void Add(RoutePlan plan, int value) => TableFor(plan.Path).Add(plan.Methods, value);

    /// <summary>Walks through the routes that match the path, most specific first.</summary>
    /// <returns>True where the search is over.</returns>
    internal bool Visit(scoped ref RouteSearch search)
    {
        if (!search.Path.StartsWith('/'))
        {
            return false;
        }

        // The look-up in an empty table is one all the same.
        return (_exact.Count > 0 && _exactLookup.TryGetValue(search.Path, out var exact) && search.Offer(exact))
            || _root.Visit(ref search, 0);
    }

    private MethodTable TableFor(PathPattern pattern)
    {
        var text = pattern.Text;
        if (!text.StartsWith('/'))
        {
            throw new ArgumentException($"The path pattern '{text}' does not start with a slash.", nameof(pattern));
        }

        if (pattern.Kind == PathPatternKind.Exact)
        {
            if (!_exact.TryGetValue(text, out var table))
            {
                _exact[text] = table = new MethodTable(text.Length);
            }

            return table;
        }

        var isSubtree = text.EndsWith(SubtreeSuffix, StringComparison.Ordinal);
        var segments = isSubtree ? text[..^SubtreeSuffix.Length] : text;
        return AddNodes(segments, pattern.Kind == PathPatternKind.Parameters, isSubtree);
    }

    /// <summary>Makes the nodes of a pattern.</summary>
    /// <param name="segments">The pattern without its final <c>/*</c>: empty, or starting with a slash.</param>
    /// <param name="hasParameters">True where segments in braces are parameters.</param>
    /// <param name="isSubtree">True where a final <c>/*</c> was there.</param>
    private MethodTable AddNodes(string segments, bool hasParameters, bool isSubtree)
    {
        var node = _root;
        var position = 0;
        var depth = 0;
        int? literalLength = null;
        while (position < segments.Length)
        {
            if (++depth > PatternSegmentCountMax)
            {
                throw new ArgumentException($"A path pattern has more than {PatternSegmentCountMax} segments.");
            }

            var next = segments.IndexOf('/', position + 1);
            var end = next < 0 ? segments.Length : next;
            var segment = segments[(position + 1)..end];
            if (hasParameters && segment is ['{', .., '}'])
            {
                literalLength ??= position;
                node = node.Parameter();
            }
            else
            {
                node = node.Literal(segment);
            }

            position = end;
        }

        var stripLength = literalLength ?? segments.Length;
        return isSubtree ? node.Subtree(stripLength) : node.End(stripLength);
    }
}
