using Edge.Core.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>
/// Puts the fields of a head, one after another, into the headers of an answer. Of a name that is known and comes for the first
/// time nothing can be there yet, so that it is not looked for; and where the server has a member for a field, that is set,
/// without a look at the name.
/// </summary>
/// <param name="headers">Of the answer, which has not started.</param>
internal ref struct ResponseFields(IHeaderDictionary headers)
{
    private const int BitsOfWord = 64;

    // Of what was there before, no name has been seen here: each is looked for.
    private readonly bool _isForeign = headers.Count > 0;
    private ulong _seenLow;
    private ulong _seenHigh;

    /// <summary>Adds a field. One that came before under the same name stays.</summary>
    /// <param name="number">Number of the name, see <see cref="KnownResponseHeaders"/>; 0: it has none.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public void Add(int number, string name, string value)
    {
        ref var seen = ref number < BitsOfWord ? ref _seenLow : ref _seenHigh;
        var bit = 1UL << number;
        if (number == 0 || _isForeign || (seen & bit) != 0)
        {
            headers.Append(name, value);
            return;
        }

        seen |= bit;
        switch (KnownResponseHeaders.KindOf(number))
        {
            case ResponseHeaderKind.ContentType:
                headers.ContentType = value;
                break;
            case ResponseHeaderKind.Date:
                headers.Date = value;
                break;
            case ResponseHeaderKind.Server:
                headers.Server = value;
                break;
            default:
                headers[name] = value;
                break;
        }
    }

    /// <summary>Adds this gateway to the way that an answer came (RFC 9110, section 7.6.3).</summary>
    public static void AddVia(IHeaderDictionary headers, string value)
    {
        var before = headers.Via;
        headers.Via = before.Count == 0 ? value : StringValues.Concat(before, value);
    }
}
