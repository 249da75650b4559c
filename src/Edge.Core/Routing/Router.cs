using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Edge.Core.Configuration;

namespace Edge.Core.Routing;

/// <summary>
/// Finds the route of a request. Of the routes that match host, path and method, the most specific one: first by host (exact,
/// then the longest wildcard, then any), then by path (exact, then segment by segment a literal before a parameter before
/// <c>/*</c>), then in file order. A route that does not take the method is passed over for a less specific one that does.
/// Hash lookups only, so that the number of routes does not matter; allocates nothing but the text of Allow. Immutable, for
/// all threads.
/// </summary>
/// <typeparam name="T">What a route leads to.</typeparam>
public sealed class Router<T>
    where T : class
{
    /// <summary>Most segments of a path pattern, which bounds the depth of a search.</summary>
    public const int PatternSegmentCountMax = HostRoutes.PatternSegmentCountMax;

    /// <summary>Most chars of a host without its port (RFC 1035, section 2.3.4); a longer one is on no route's list.</summary>
    public const int HostCharsMax = 255;

    private const string WildcardPrefix = "*.";

    private readonly Dictionary<string, HostRoutes> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HostRoutes>.AlternateLookup<ReadOnlySpan<char>> _hostLookup;

    /// <summary>By the part after <c>*.</c>.</summary>
    private readonly Dictionary<string, HostRoutes> _wildcards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HostRoutes>.AlternateLookup<ReadOnlySpan<char>> _wildcardLookup;

    private readonly HostRoutes _anyHost = new();

    /// <summary>What the routes lead to. The tables have places in here, so that one code of theirs serves every type.</summary>
    private readonly T[] _values;

    /// <summary>Makes a router.</summary>
    /// <param name="routes">The routes in file order, with what they lead to. Patterns have to be valid and canonical.</param>
    /// <exception cref="ArgumentException">A pattern does not start with a slash, or has too many segments.</exception>
    public Router(IEnumerable<(RoutePlan Plan, T Value)> routes)
    {
        _hostLookup = _hosts.GetAlternateLookup<ReadOnlySpan<char>>();
        _wildcardLookup = _wildcards.GetAlternateLookup<ReadOnlySpan<char>>();
        var values = new List<T>();
        foreach (var (plan, value) in routes)
        {
            var place = values.Count;
            values.Add(value);
            if (plan.Hosts.IsEmpty)
            {
                _anyHost.Add(plan, place);
            }

            foreach (var host in plan.Hosts)
            {
                RoutesOf(host).Add(plan, place);
            }
        }

        _values = [.. values];
    }

    /// <summary>Finds the route of a request.</summary>
    /// <param name="host">As the Host header says it: with or without a port, in whatever case; may be empty.</param>
    /// <param name="path">The path of a <see cref="Http.RequestTarget"/>.</param>
    /// <param name="method">The method; case matters (RFC 9110, section 9.1). HEAD is also matched by what matches GET.</param>
    [SkipLocalsInit]
    public RouteMatch<T> Match(ReadOnlySpan<char> host, ReadOnlySpan<char> path, ReadOnlySpan<char> method)
    {
        Span<char> buffer = stackalloc char[HostCharsMax];
        ReadOnlySpan<char> name = _hosts.Count + _wildcards.Count == 0 ? default : buffer[..Normalize(host, buffer)];
        var search = new RouteSearch(path, method);
        if (Visit(name, ref search))
        {
            return RouteMatch<T>.Found(_values[search.Found], search.StripLength);
        }

        if (!search.PathSeen)
        {
            return default;
        }

        // Rare and an error: a second walk collects the methods, so that the first one need not.
        var allow = new List<string>();
        var listing = new RouteSearch(path, method) { Allow = allow };
        Visit(name, ref listing);
        return RouteMatch<T>.MethodNotAllowed(string.Join(", ", allow));
    }

    /// <summary>Writes the host in lower case, without port and without the dot of a fully qualified name.</summary>
    /// <returns>Its length; 0 where it is no host that a route could have.</returns>
    private static int Normalize(ReadOnlySpan<char> host, Span<char> buffer)
    {
        // In "[::1]:8080" the colons before the bracket are the address's own.
        var bracket = host.StartsWith('[') ? host.IndexOf(']') : -1;
        var port = host[(bracket + 1)..].IndexOf(':');
        if (port >= 0)
        {
            host = host[..(bracket + 1 + port)];
        }

        if (host.EndsWith('.'))
        {
            host = host[..^1];
        }

        return Ascii.ToLower(host, buffer, out var length) == OperationStatus.Done ? length : 0;
    }

    private HostRoutes RoutesOf(string host)
    {
        var isWildcard = host.StartsWith(WildcardPrefix, StringComparison.Ordinal);
        var table = isWildcard ? _wildcards : _hosts;
        var name = (isWildcard ? host[WildcardPrefix.Length..] : host).ToLowerInvariant();
        if (!table.TryGetValue(name, out var routes))
        {
            table[name] = routes = new HostRoutes();
        }

        return routes;
    }

    /// <summary>Walks through the hosts that match, most specific first.</summary>
    private bool Visit(scoped ReadOnlySpan<char> host, scoped ref RouteSearch search)
    {
        if (!host.IsEmpty && _hostLookup.TryGetValue(host, out var exact) && exact.Visit(ref search))
        {
            return true;
        }

        if (_wildcards.Count > 0)
        {
            // A label at a time, the longest suffix first; a wildcard stands for at least one label.
            for (var dot = host.IndexOf('.'); dot >= 0; dot = host.IndexOf('.'))
            {
                host = host[(dot + 1)..];
                if (dot > 0 && _wildcardLookup.TryGetValue(host, out var wildcard) && wildcard.Visit(ref search))
                {
                    return true;
                }
            }
        }

        return _anyHost.Visit(ref search);
    }
}
