using System.Text;
using Edge.Core.Caching;
using Edge.Core.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Which bytes of a kept answer a request is for (RFC 9110, section 14): one range of a whole 200. What asks for several, or
/// otherwise, is for the upstream.
/// </summary>
internal static class HttpCachePart
{
    private const int IfRangeCharsMax = 1024;
    private const int DateCharsMax = 64;

    /// <summary>Reads what the request asks for.</summary>
    /// <returns>False: it is for the upstream alone.</returns>
    public static bool TryRead(RequestContext context, HttpCacheExchange http)
    {
        var headers = context.RequestHeaders;
        if (headers.Range.Count == 0)
        {
            return headers.IfRange.Count == 0;
        }

        if (!HttpMethods.IsGet(context.Method) || headers.IfRange.Count > 1 || headers.Range is not [{ } text]
            || !ByteRange.TryParse(text, out var range))
        {
            return false;
        }

        http.Range = range;
        return true;
    }

    /// <summary>
    /// The status by which a kept 200 is given: 206 where a range of it is, which is put into the exchange; 416 where it has no
    /// such bytes; 200 where it has changed since the caller got the rest (If-Range).
    /// </summary>
    public static int StatusFor(RequestContext context, HttpCacheExchange http, StoredHead head, long length, int thisYear)
    {
        // Of no bytes at all the last ones are those that there are; no Content-Range can say so.
        if (!IsCurrent(context, head, thisYear) || (length == 0 && http.Range.IsSuffix))
        {
            return StatusCodes.Status200OK;
        }

        if (!http.Range.TryResolve(length, out var start, out var count))
        {
            return StatusCodes.Status416RangeNotSatisfiable;
        }

        http.Part = ((int)start, (int)count);
        return StatusCodes.Status206PartialContent;
    }

    /// <summary>
    /// True where what is kept is what the caller has the rest of, for certain (RFC 9110, section 13.1.5): the same strong tag,
    /// or the date of a change that was over when the answer was made (section 8.8.2.2).
    /// </summary>
    private static bool IsCurrent(RequestContext context, StoredHead head, int thisYear)
    {
        if (context.RequestHeaders.IfRange is not [{ } text])
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[IfRangeCharsMax];
        if (text.Length > bytes.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> condition = bytes[..Encoding.Latin1.GetBytes(text, bytes)];
        if (condition.StartsWith("\""u8))
        {
            return head.TryFind("ETag"u8, out var tag) && tag.SequenceEqual(condition);
        }

        return condition.Length <= DateCharsMax && HttpDate.TryParse(condition, thisYear, out var since)
            && head.TryFindDate("Last-Modified"u8, thisYear, out var changed) && changed == since
            && head.TryFindDate("Date"u8, thisYear, out var made) && changed < made;
    }
}
