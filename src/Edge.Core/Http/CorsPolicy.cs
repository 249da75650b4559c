using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using Edge.Core.Configuration;

namespace Edge.Core.Http;

/// <summary>
/// The CORS protocol (Fetch standard, section "CORS protocol") as one route speaks it: which origins may read its answers, and
/// what a preflight may ask for. Everything that goes into an answer was made when the configuration was read, or is an origin
/// whose every character was looked at. Immutable; safe from any thread; allocates nothing when asked.
/// </summary>
public sealed class CorsPolicy
{
    /// <summary>Most chars of an origin that is looked at: scheme, 253 of a name, port.</summary>
    public const int OriginCharsMax = 320;

    /// <summary>Stands for any origin, method, header.</summary>
    public const string Any = "*";

    private const string SchemeEnd = "://";
    private const string Wildcard = "*.";

    /// <summary>What a browser writes in the place of a wildcard: names are in lower case, international ones in
    /// Punycode.</summary>
    private static readonly SearchValues<char> NameChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly bool _anyOrigin;
    private readonly bool _anyHeader;
    private readonly FrozenSet<string> _origins;
    private readonly (string Scheme, string Suffix)[] _wildcards;
    private readonly FrozenSet<string> _methods;
    private readonly FrozenSet<string> _headers;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _headerLookup;

    /// <summary>The rules of a plan in which nothing is wrong.</summary>
    public CorsPolicy(CorsPlan plan)
    {
        HashSet<string> exact = new(StringComparer.Ordinal);
        List<(string, string)> wildcards = [];
        foreach (var origin in plan.Origins)
        {
            var host = origin.IndexOf(SchemeEnd, StringComparison.Ordinal) + SchemeEnd.Length;
            if (host >= SchemeEnd.Length && origin.AsSpan(host).StartsWith(Wildcard))
            {
                wildcards.Add((origin[..host], origin[(host + 1)..]));
            }
            else
            {
                exact.Add(origin);
            }
        }

        _anyOrigin = exact.Remove(Any);
        _origins = exact.ToFrozenSet(StringComparer.Ordinal);
        _wildcards = [.. wildcards];
        _methods = plan.Methods.ToFrozenSet(StringComparer.Ordinal);
        _headers = plan.Headers.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _headerLookup = _headers.GetAlternateLookup<ReadOnlySpan<char>>();
        _anyHeader = _headers.Contains(Any);
        HasCredentials = plan.Credentials;
        Methods = string.Join(", ", plan.Methods);
        Headers = string.Join(", ", plan.Headers);
        Expose = string.Join(", ", plan.Expose);
        MaxAge = ((long)plan.MaxAge.TotalSeconds).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>True where cookies and HTTP authentication may come along.</summary>
    public bool HasCredentials { get; }

    /// <summary>True where answers differ by origin, so that Vary has to say so.</summary>
    public bool VariesByOrigin => !_anyOrigin;

    /// <summary>The value of Access-Control-Allow-Methods.</summary>
    public string Methods { get; }

    /// <summary>The value of Access-Control-Allow-Headers; may be empty.</summary>
    public string Headers { get; }

    /// <summary>The value of Access-Control-Expose-Headers; may be empty.</summary>
    public string Expose { get; }

    /// <summary>The value of Access-Control-Max-Age, in seconds.</summary>
    public string MaxAge { get; }

    /// <summary>What Access-Control-Allow-Origin is to say to an origin; null: nothing, it may not read the answer.</summary>
    /// <param name="origin">
    /// The Origin header as it came. It is compared as it is: browsers write one form only (lower case, no default port), and
    /// whoever writes another is none.
    /// </param>
    public string? AllowOrigin(string? origin)
    {
        if (string.IsNullOrEmpty(origin) || origin.Length > OriginCharsMax)
        {
            return null;
        }

        if (_anyOrigin)
        {
            return Any;
        }

        if (_origins.TryGetValue(origin, out var listed))
        {
            return listed;
        }

        foreach (var (scheme, suffix) in _wildcards)
        {
            if (origin.Length > scheme.Length + suffix.Length
                && origin.StartsWith(scheme, StringComparison.Ordinal)
                && origin.EndsWith(suffix, StringComparison.Ordinal)
                && IsName(origin.AsSpan(scheme.Length, origin.Length - scheme.Length - suffix.Length)))
            {
                return origin;
            }
        }

        return null;
    }

    /// <summary>True where a page may use this method; HEAD where it may use GET.</summary>
    public bool AllowsMethod(string method) => _methods.Contains(method) || (method == "HEAD" && _methods.Contains("GET"));

    /// <summary>True where a page may send all headers of this list, which is one line of
    /// Access-Control-Request-Headers.</summary>
    public bool AllowsHeaders(ReadOnlySpan<char> list)
    {
        foreach (var range in list.Split(','))
        {
            var name = list[range].Trim(" \t");
            if (!name.IsEmpty && !AllowsHeader(name))
            {
                return false;
            }
        }

        return true;
    }

    // To a browser too, "*" is every header but this one (Fetch, "CORS non-wildcard request-header name").
    private bool AllowsHeader(ReadOnlySpan<char> name) =>
        _headerLookup.Contains(name)
        || (_anyHeader && !name.Equals("Authorization", StringComparison.OrdinalIgnoreCase));

    /// <summary>One or more labels: what else could stand there would end the host, or begin another.</summary>
    private static bool IsName(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExcept(NameChars)
        && text[0] != '.' && text[^1] != '.' && !text.Contains("..", StringComparison.Ordinal);
}
