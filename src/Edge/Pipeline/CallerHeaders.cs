using Edge.Core.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>
/// The headers of one request, read once, in their order. The server looks a name that it does not know up by comparing it with
/// many that it does, 300 to 400 instructions each; here it is compared with the few that are there. Content-Length is none of
/// them, since of that the server makes text for whoever goes through its headers.
/// </summary>
/// <remarks>Read by one thread, then by any. The memory is the connection's, and used for one request after another.</remarks>
internal sealed class CallerHeaders
{
    private const int CountFirst = 8;
    private const int LetterCase = 0x20;

    private CallerHeader[] _all = new CallerHeader[CountFirst];
    private int _count;

    /// <summary>All of them.</summary>
    public ReadOnlySpan<CallerHeader> All => _all.AsSpan(0, _count);

    /// <summary>Reads those of a request in the place of an earlier one's.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="length">Their Content-Length.</param>
    public void Read(IHeaderDictionary headers, long? length)
    {
        if (length is not null)
        {
            headers.ContentLength = null;
        }

        var count = 0;
        foreach (var (name, values) in headers)
        {
            if (count == _all.Length)
            {
                Array.Resize(ref _all, count * 2);
            }

            _all[count++] = new CallerHeader(name, values, RequestHeaderKinds.Of(name));
        }

        _count = count;
        if (length is not null)
        {
            headers.ContentLength = length;
        }
    }

    /// <summary>Lets go of them.</summary>
    public void Clear()
    {
        _all.AsSpan(0, _count).Clear();
        _count = 0;
    }

    /// <summary>The values under a name that is not Content-Length; none where there are none.</summary>
    public StringValues Find(string name)
    {
        foreach (ref readonly var header in All)
        {
            // Two of a length mostly differ in their first letter already; a name is never empty.
            if (header.Name.Length == name.Length && (header.Name[0] | LetterCase) == (name[0] | LetterCase)
                && header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return header.Values;
            }
        }

        return default;
    }
}

/// <summary>A header of a request.</summary>
/// <param name="Name">Its name, as the server or the caller spells it.</param>
/// <param name="Values">Its values.</param>
/// <param name="Kind">What it is about.</param>
internal readonly record struct CallerHeader(string Name, StringValues Values, RequestHeaderKind Kind);
