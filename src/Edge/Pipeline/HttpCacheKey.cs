using System.Buffers;
using System.Text;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Hosting;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>What an answer of an ordinary service is kept under, and what the caller asks of the cache.</summary>
internal static class HttpCacheKey
{
    /// <summary>Most header fields by which an answer may say that it varies.</summary>
    public const int VaryNamesMax = 16;

    private const int LineCharsMax = 1024;
    private const int CaselessCharsMax = 256;

    /// <summary>Makes the request's key.</summary>
    /// <returns>False where the request is for the upstream alone.</returns>
    public static bool TryMake(RequestContext context, RouteCache route, CacheExchange exchange, HttpCacheExchange http)
    {
        var headers = context.RequestHeaders;

        // Questions whose answer depends on more than what is kept pass.
        if (headers.IfMatch.Count > 0 || headers.IfUnmodifiedSince.Count > 0
            || !HttpCachePart.TryRead(context, http) || context.CanHaveBody
            || (!context.Route!.Access.QueryNames.IsEmpty && !context.Target.Query.IsEmpty)
            || !CacheScope.TryOf(route.Plan.Scope, context.Caller, out var scope))
        {
            return false;
        }

        http.IsPersonal = CacheStage.PassesCredential(context);
        var key = exchange.Key;
        Begin(context, route, key, scope);
        CacheStage.AddHeaders(context, route, key);
        return key.TryEnd(route.Shared.Hasher);
    }

    /// <summary>Begins a key with the resource.</summary>
    public static void Begin(RequestContext context, RouteCache route, CacheKey key, CacheScope scope) => Begin(
        context, route, key, scope,
        context.Route!.Plan.StripPath ? context.Target.Path[context.StripLength..] : context.Target.Path, context.Target.Query);

    /// <summary>Begins a key with a resource beside that of the request.</summary>
    public static void Begin(
        RequestContext context, RouteCache route, CacheKey key, CacheScope scope, ReadOnlySpan<char> path,
        ReadOnlySpan<char> query)
    {
        key.Begin(scope, route.Shared.Hasher);
        key.Add(context.Route!.Plan.Name);
        key.Add(route.Service);
        key.Add(path.IsEmpty ? "/" : path);
        key.Add(query);
        key.Add(route.KeepsHost ? context.CallerHost : "");
        key.EndResource();
    }

    /// <summary>Adds what the request says in the fields by which a kept answer varies.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">Its route.</param>
    /// <param name="key">Its key, opened again.</param>
    /// <param name="head">A head in which Vary names them: of an index, or of an answer.</param>
    /// <returns>False where there are too many, or the key becomes too long, or nothing selects the answer (<c>*</c>).</returns>
    public static bool TrySelect(RequestContext context, RouteCache route, CacheKey key, StoredHead head)
    {
        key.BeginSelection();
        var count = 0;
        for (var at = 0; head.TryNext(ref at, out var name, out var value);)
        {
            if (Ascii.EqualsIgnoreCase(name, "Vary"u8) && !TryAdd(context, key, value, ref count))
            {
                key.BeginSelection();
                return false;
            }
        }

        if (count == 0 || key.TryEnd(route.Shared.Hasher))
        {
            return true;
        }

        key.BeginSelection();
        return false;
    }

    /// <summary>What the caller asks of the cache, where the file lets it: nothing, else.</summary>
    public static CacheDirectives Directives(RequestContext context, RouteCache route)
    {
        var asked = new CacheDirectives();
        var values = context.RequestHeaders.CacheControl;
        if ((values.Count == 0 && context.RequestHeaders.Pragma.Count == 0)
            || !(route.Plan.CallerDirectives || (context.Caller?.Tier is { } tier && route.Plan.NoCacheTiers.Contains(tier))))
        {
            return asked;
        }

        // Pragma is for those who know no Cache-Control (RFC 9111, section 5.4).
        Span<byte> line = stackalloc byte[LineCharsMax];
        foreach (var value in values.Count > 0 ? values : context.RequestHeaders.Pragma)
        {
            if (value is { Length: <= LineCharsMax })
            {
                asked.Take(line[..Encoding.Latin1.GetBytes(value, line)]);
            }
        }

        return asked;
    }

    private static bool TryAdd(RequestContext context, CacheKey key, ReadOnlySpan<byte> vary, ref int count)
    {
        Span<char> name = stackalloc char[ResponseHead.HeaderNameBytesMax];
        foreach (var part in vary.Split((byte)','))
        {
            var field = vary[part].Trim(" \t"u8);
            if (field.IsEmpty)
            {
                continue;
            }

            if (++count > VaryNamesMax || field.Length > name.Length || field is [(byte)'*'])
            {
                return false;
            }

            for (var i = 0; i < field.Length; i++)
            {
                name[i] = (char)(field[i] is >= (byte)'A' and <= (byte)'Z' ? field[i] | 0x20 : field[i]);
            }

            key.Add(name[..field.Length]);
            AddValue(
                key, context.RequestHeaders[context.Route!.Cache!.Shared.Strings.Get(field)],
                IsCaseless(name[..field.Length]));
        }

        return true;
    }

    /// <summary>Fields whose values mean the same in any case (RFC 9110, sections 12.5.2 to 12.5.4).</summary>
    private static bool IsCaseless(ReadOnlySpan<char> field) =>
        field is "accept-language" or "accept-encoding" or "accept-charset";

    /// <summary>
    /// Several lines are one list, and blanks beside its commas say nothing (RFC 9111, section 4.1); but for text in quotes.
    /// </summary>
    private static void AddValue(CacheKey key, StringValues values, bool isCaseless)
    {
        Span<char> lower = stackalloc char[CaselessCharsMax];
        key.AddCount(values.Count > 0 ? 1 : 0);
        var count = 0;
        foreach (var value in values)
        {
            scoped ReadOnlySpan<char> line = value;
            if (isCaseless && line.Length <= lower.Length && Ascii.ToLower(line, lower, out var used) == OperationStatus.Done)
            {
                line = lower[..used];
            }

            if (line.Contains('"'))
            {
                key.Add(line);
                count++;
                continue;
            }

            foreach (var part in line.Split(','))
            {
                key.Add(line[part].Trim());
                count++;
            }
        }

        key.AddCount(count);
    }
}
