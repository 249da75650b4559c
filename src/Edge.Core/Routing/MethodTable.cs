namespace Edge.Core.Routing;

/// <summary>
/// The routes that share one host and one path pattern, told apart by method. Which of them answers a method is settled when
/// the table is made: the first in file order that lists it, or that lists none. Immutable after it is sealed.
/// </summary>
internal sealed class MethodTable
{
    private const string Get = "GET";
    private const string Head = "HEAD";
    private const int NoRoute = -1;

    private readonly List<string> _listed = [];
    private (string Method, int Value)[] _values = [];
    private int _any = NoRoute;

    /// <summary>A table without routes.</summary>
    /// <param name="stripLength">Chars of the path that its routes strip.</param>
    internal MethodTable(int stripLength) => StripLength = stripLength;

    /// <summary>Chars of the path that its routes strip.</summary>
    internal int StripLength { get; }

    /// <summary>Adds a route; those added before it win.</summary>
    internal void Add(IReadOnlyList<string> methods, int value)
    {
        if (_any != NoRoute)
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

    /// <summary>Finds the place of the route for a method; negative: there is none.</summary>
    internal int Find(ReadOnlySpan<char> method)
    {
        foreach (var (name, candidate) in _values)
        {
            if (method.SequenceEqual(name))
            {
                return candidate;
            }
        }

        return _any;
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

    private void AddValue(string method, int value)
    {
        foreach (var (name, _) in _values)
        {
            if (name == method)
            {
                return;
            }
        }

        _values = [.. _values, (method, value)];
    }
}
