namespace Edge.Core.Routing;

/// <summary>
/// The routes that share one host and one path pattern, told apart by method. Which of them answers a method is settled when
/// the table is made: the first in file order that lists it, or that lists none. Immutable after it is sealed.
/// </summary>
/// <typeparam name="T">What a route leads to.</typeparam>
internal sealed class MethodTable<T>
    where T : class
{
    private const string Get = "GET";
    private const string Head = "HEAD";

    private readonly List<string> _listed = [];
    private readonly List<(string Method, T Value)> _values = [];
    private readonly int _stripLength;
    private T? _any;

    /// <summary>A table without routes.</summary>
    /// <param name="stripLength">Chars of the path that its routes strip.</param>
    internal MethodTable(int stripLength) => _stripLength = stripLength;

    /// <summary>Adds a route; those added before it win.</summary>
    internal void Add(IReadOnlyList<string> methods, T value)
    {
        if (_any is not null)
        {
            return;
        }

        if (methods.Count == 0)
        {
            _any = value;
        }

        foreach (var method in methods)
        {
            if (!_listed.Contains(method))
            {
                _listed.Add(method);
            }

            AddValue(method, value);

            // A HEAD is a GET whose answer has no body (RFC 9110, section 9.3.2): what serves one serves the other.
            if (method == Get)
            {
                AddValue(Head, value);
            }
        }
    }

    /// <summary>Finds the route for a method.</summary>
    internal bool TryFind(ReadOnlySpan<char> method, out RouteMatch<T> match)
    {
        var value = _any;
        foreach (var (name, candidate) in _values)
        {
            if (method.SequenceEqual(name))
            {
                value = candidate;
                break;
            }
        }

        match = value is null ? default : RouteMatch<T>.Found(value, _stripLength);
        return value is not null;
    }

    /// <summary>Adds the methods that the routes list, as the file spells them, to a list without repetitions.</summary>
    internal void AddListedTo(List<string> allow)
    {
        foreach (var method in _listed)
        {
            if (!allow.Contains(method))
            {
                allow.Add(method);
            }
        }
    }

    private void AddValue(string method, T value)
    {
        foreach (var (name, _) in _values)
        {
            if (name == method)
            {
                return;
            }
        }

        _values.Add((method, value));
    }
}
