using System.Text;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Hosting;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Gives a caller what is kept of an ordinary service's answer, or only the word that it has it already (304).
/// </summary>
internal static class HttpCacheAnswer
{
    private const int UnflushedBytesMax = 64 * 1024;
    private const long MsPerSecond = 1000;

    /// <summary>Answers with what was found, whose head is in <see cref="HttpCacheExchange.Found"/>, and lets go of it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="exchange">Its dealings with the cache.</param>
    /// <param name="route">Its route's cache.</param>
    /// <param name="pin">What was found.</param>
    /// <param name="nowMs">The time, on the cache's clock.</param>
    /// <param name="outcome">What became of the request.</param>
    /// <param name="keepsPin">It stays held: the caller lets go of it.</param>
    public static async PooledValueTask<StageResult> ServeAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, CachePin pin, long nowMs, CacheOutcome outcome,
        bool keepsPin = false)
    {
        try
        {
            exchange.Outcome = outcome;
            var hasBody = WriteHead(context, exchange, route, pin, nowMs);
            await context.StartAnswerAsync();
            if (!hasBody)
            {
                return StageResult.Responded;
            }

            var part = exchange.Http!.Part;
            var cursor = part.Length > 0 ? pin.PartOfBody(part.Offset, part.Length) : pin.Body;
            while (Put(context, pin, ref cursor))
            {
                if (await ResponseRelay.FlushAsync(context) != Failure.None)
                {
                    return StageResult.Failed(Failure.CallerGone);
                }
            }

            return StageResult.Responded;
        }
        finally
        {
            if (!keepsPin)
            {
                pin.Release();
            }
        }
    }

    /// <summary>Answers with what the request holds, too old as it is or found to be good again, and lets go of it.</summary>
    public static PooledValueTask<StageResult> ServeHeldAsync(RequestContext context, CacheOutcome outcome)
    {
        var exchange = context.Cache!;
        var route = context.Route!.Cache!;
        return ServeAsync(context, exchange, route, exchange.Http!.TakeStale(), route.Shared.NowMs, outcome);
    }

    /// <summary>Copies the head of a kept answer, with what a cache adds.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fields">The answer's head, begun.</param>
    /// <param name="head">The kept one.</param>
    /// <param name="ageSeconds">How old it is.</param>
    public static void CopyHead(RequestContext context, ResponseFields fields, StoredHead head, long ageSeconds)
    {
        CacheStage.CopyHead(context, fields, head);
        fields.AddVia("1.1 edge");
        fields.Set(KnownResponseHeaders.Age, ageSeconds);
    }

    private static bool WriteHead(RequestContext context, CacheExchange exchange, RouteCache route, CachePin pin, long nowMs)
    {
        var http = exchange.Http!;
        var isRevalidated = exchange.Outcome == CacheOutcome.Revalidated;
        var info = isRevalidated ? http.Info : pin.Info;
        var head = new StoredHead(http.Found.Written.Span);
        var headers = context.ResponseHeaders;
        var status = StatusFor(context, http, head, route, pin.BodyLength);
        var length = (long)pin.BodyLength;
        var fields = context.BeginFields(mayBeLines: status == head.Status);
        if (status == StatusCodes.Status416RangeNotSatisfiable)
        {
            // Of what is kept only the length: whoever keeps this answer is not to take it for that.
            fields.AddVia("1.1 edge");
            headers.ContentRange = $"bytes */{length}";
            length = 0;
        }
        else
        {
            CopyHead(context, fields, head, HttpCacheStage.AgeOf(head.Rules, info, nowMs));
        }

        if (status == StatusCodes.Status206PartialContent)
        {
            length = http.Part.Length;
            headers.ContentRange = $"bytes {http.Part.Offset}-{http.Part.Offset + length - 1}/{pin.BodyLength}";
        }

        context.StatusCode = status;
        var leftMs = info.FreshUntilMs - nowMs;
        fields.Append(KnownResponseHeaders.CacheStatus, isRevalidated ? "edge; fwd=stale; fwd-status=304"
            : leftMs > 0 ? route.Shared.HitOf(leftMs / MsPerSecond)
            : GatewayCache.StaleOf(-leftMs / MsPerSecond));
        fields.Set(KnownResponseHeaders.XCache, isRevalidated ? "REVALIDATED" : "HIT");
        fields.Set(KnownResponseHeaders.XCacheKey, route.Shared.NameOf(exchange.Key.Hash));
        if (status == StatusCodes.Status304NotModified)
        {
            // What the caller has is the same: of its representation nothing is told anew (RFC 9110, section 15.4.5).
            headers.ContentType = default;
            headers.ContentEncoding = default;
            headers.ContentLanguage = default;
            length = 0;
        }
        else if (status != StatusCodes.Status204NoContent)
        {
            headers.ContentLength = length;
        }

        ResponseHeadCopier.ApplyRules(context);
        var counters = route.Counters;
        (isRevalidated ? counters.Revalidated : leftMs > 0 ? counters.Hits : counters.Stale).Increment();
        var hasBody = length > 0 && !HttpMethods.IsHead(context.Method);
        counters.HitBytes.Add(hasBody ? length : 0);
        return hasBody;
    }

    /// <summary>The status by which what is kept is given.</summary>
    private static int StatusFor(
        RequestContext context, HttpCacheExchange http, StoredHead head, RouteCache route, int length)
    {
        var status = head.Status;
        if (status != StatusCodes.Status200OK)
        {
            return status;
        }

        // In this order: RFC 9110, section 13.2.2.
        return IsNotModified(context, head, route) ? StatusCodes.Status304NotModified
            : http.Range.IsGiven ? HttpCachePart.StatusFor(context, http, head, length, ThisYear(route))
            : status;
    }

    /// <summary>The year in which it is, or nearly: for dates that have two digits of it.</summary>
    private static int ThisYear(RouteCache route) => 1970 + (int)(route.Shared.UtcSeconds / 31_556_952);

    private static bool Put(RequestContext context, CachePin pin, ref CacheCursor cursor)
    {
        var writer = context.ResponseBody.Writer;
        for (var unflushed = 0; unflushed < UnflushedBytesMax;)
        {
            if (!pin.TryRead(ref cursor, out var run))
            {
                return false;
            }

            writer.Put(run);
            context.ResponseBytes += run.Length;
            unflushed += run.Length;
        }

        return true;
    }

    /// <summary>True where the caller has what is kept (RFC 9111, section 4.3.2).</summary>
    private static bool IsNotModified(RequestContext context, StoredHead head, RouteCache route)
    {
        var headers = context.RequestHeaders;
        if (headers.IfNoneMatch.Count > 0)
        {
            foreach (var line in headers.IfNoneMatch)
            {
                if (line is not null && HasTag(line, head))
                {
                    return true;
                }
            }

            return false;
        }

        if (headers.IfModifiedSince is not [{ Length: <= 64 } since])
        {
            return false;
        }

        Span<byte> text = stackalloc byte[64];
        var thisYear = ThisYear(route);
        if (!HttpDate.TryParse(text[..Encoding.Latin1.GetBytes(since, text)], thisYear, out var sinceSeconds))
        {
            return false;
        }

        // Where it says nothing of its last change, that was not after it was made.
        return (head.TryFindDate("Last-Modified"u8, thisYear, out var changed)
            || head.TryFindDate("Date"u8, thisYear, out changed)) && changed <= sinceSeconds;
    }

    /// <summary>Compares weakly: what is before the quotes does not count (RFC 9110, section 8.8.3.2).</summary>
    private static bool HasTag(ReadOnlySpan<char> list, StoredHead head)
    {
        if (list.Trim().SequenceEqual("*"))
        {
            return true;
        }

        if (!head.TryFind("ETag"u8, out var tag))
        {
            return false;
        }

        tag = tag.StartsWith("W/"u8) ? tag[2..] : tag;
        while (!list.IsEmpty)
        {
            list = list.TrimStart(" \t,");
            var start = list.StartsWith("W/") ? 2 : 0;
            var rest = list[start..];
            var end = rest.StartsWith('"') ? rest[1..].IndexOf('"') + 2 : rest.IndexOf(',');
            end = end <= (rest.StartsWith('"') ? 1 : -1) ? rest.Length : end;
            if (IsSame(rest[..end].TrimEnd(), tag))
            {
                return true;
            }

            list = rest[end..];
        }

        return false;
    }

    private static bool IsSame(ReadOnlySpan<char> text, ReadOnlySpan<byte> latin1)
    {
        if (text.Length != latin1.Length)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != latin1[i])
            {
                return false;
            }
        }

        return true;
    }
}
