using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm.Translation;
using Edge.Core.Telemetry;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Upstream;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>
/// Writes the head of the request that goes upstream. Nothing of the caller's framing is copied: request line, Host and lengths
/// are written anew from what was understood of them.
/// </summary>
internal static class UpstreamRequestWriter
{
    private const string KeyName = "Sec-WebSocket-Key";

    /// <summary>How the request's body is framed on its way upstream.</summary>
    public readonly record struct Framing(long? ContentLength, bool IsChunked, bool ExpectContinue);

    /// <summary>Writes the head into <paramref name="to"/>, which is empty. False: a header cannot be forwarded safely.</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="context">The request.</param>
    /// <param name="upstream">Who is asked.</param>
    /// <param name="pick">The target that was picked, and its credential.</param>
    /// <param name="trace">What the attempt is called in the request's trace, or nothing.</param>
    /// <param name="framing">How the body is framed.</param>
    public static bool TryWrite(
        HeadBuffer to, RequestContext context, RouteUpstream upstream, TargetPick pick, TraceParent trace, Framing framing)
    {
        var route = context.Route!;
        var target = pick.Pool.Target;
        WriteRequestLine(to, context, upstream.Plan, target);
        if (route.Plan.PreserveHost && context.CallerHost is { Length: > 0 } host)
        {
            to.WriteField("Host", host);
        }
        else
        {
            to.Write(pick.Pool.HostLine);
        }

        var asksIdentity = context.Translation is not null
            || (upstream.AsksIdentity && !ContentCodings.RefusesIdentity(context.RequestHeaders.AcceptEncoding.ToString()));
        if (!TryCopyHeaders(to, context, upstream, asksIdentity))
        {
            return false;
        }

        WriteValidators(to, context);
        context.WriteForwarded(to, route.Plan.Forwarded);
        WriteVia(to, context);
        WriteTrace(to, trace);
        if (context.RequestId is { } id)
        {
            to.WriteField(route.Plan.RequestId!.Header, id);
        }

        upstream.RequestLines.Write(to, context.TemplateValues);
        to.Write(pick.CredentialLine);
        if (asksIdentity)
        {
            to.Write("Accept-Encoding: identity\r\n"u8);
        }

        if (context.Translation is { Upstream: Dialect.Anthropic } && !upstream.Drops("anthropic-version"))
        {
            to.Write("anthropic-version: 2023-06-01\r\n"u8);
        }

        if (context.Upgrade is { } protocol)
        {
            WriteUpgrade(to, context, protocol);
        }

        if (framing.IsChunked)
        {
            to.Write("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (framing.ContentLength is { } length)
        {
            // From the parsed number, never from the caller's text, which may say "+1" or "01".
            to.Write("Content-Length: "u8);
            to.WriteDecimal(length);
            to.Write("\r\n"u8);
        }

        if (framing.ExpectContinue)
        {
            to.Write("Expect: 100-continue\r\n"u8);
        }

        to.Write("\r\n"u8);
        return true;
    }

    /// <summary>True where the caller may send a field of this name behind its body.</summary>
    public static bool MayTrail(RequestContext context, string name)
    {
        var connection = context.ConnectionOptions;
        return RequestTrailers.MayPass(name)
            && FieldText.IsToken(name)
            && !context.Upstream.Drops(name)
            && !(NamesOptions(connection) && IsNamedBy(connection, name));
    }

    private static void WriteRequestLine(HeadBuffer to, RequestContext context, UpstreamPlan upstream, TargetPlan target)
    {
        to.WriteLatin1(context.Method);
        to.Write(" "u8);
        if (target.BasePath.Length > 0)
        {
            to.WriteLatin1(target.BasePath);
        }

        var path = context.Target.Path;
        if (context.Route!.Plan.StripPath)
        {
            path = path[context.StripLength..];
            if (path.IsEmpty || path[0] != '/')
            {
                to.Write("/"u8);
            }
        }

        if (upstream.Azure is { } azure && context.Facts.Model is { } model)
        {
            // The Forward stage has seen to it that the model is a name that can stand here.
            to.Write("/openai/deployments/"u8);
            to.WriteLatin1(model);
            to.Write("/"u8);
            to.WriteLatin1(AzurePlan.OperationOf(context.Translation is null ? path : DialectPath.Of(Dialect.OpenAI)));
            to.Write("?api-version="u8);
            to.WriteLatin1(azure.ApiVersion);
        }
        else if (context.Translation is { } translation)
        {
            // What stands in the query is meant for the other API.
            to.WriteLatin1(DialectPath.PrefixOf(path));
            to.WriteLatin1(DialectPath.Of(translation.Upstream));
        }
        else
        {
            to.WriteLatin1(path);
            WriteQuery(to, context);
        }

        to.Write(" HTTP/1.1\r\n"u8);
    }

    private static void WriteQuery(HeadBuffer to, RequestContext context)
    {
        var query = context.Target.Query;
        if (!query.IsEmpty)
        {
            QueryText.WriteWithout(to, query, context.Route!.Access.QueryNames);
        }
    }

    private static bool TryCopyHeaders(HeadBuffer to, RequestContext context, RouteUpstream upstream, bool asksIdentity)
    {
        var connection = context.ConnectionOptions;
        var namesOptions = NamesOptions(connection);
        foreach (ref readonly var header in context.CallerHeaders.All)
        {
            var (name, values, kind) = header;
            if (kind is not (RequestHeaderKind.EndToEnd or RequestHeaderKind.Cookie or RequestHeaderKind.Credential)
                || (kind == RequestHeaderKind.Credential && !upstream.KeepsCredentials)
                || upstream.Drops(name)
                || IsOfUpgrade(context, name)
                || (context.Trace is { } trace && IsReplaced(trace, name))
                || (context.Cache?.Http is { } http && IsOfCaller(http, name))
                || (asksIdentity && name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase))
                || (namesOptions && IsNamedBy(connection, name))
                || (context.Translation is not null && Translation.IsOfDialect(name)))
            {
                continue;
            }

            if (!FieldText.IsToken(name))
            {
                return false;
            }

            var isWritten = kind == RequestHeaderKind.Cookie
                ? TryWriteCookies(to, name, values, context.Route!.Access.CookieNames)
                : kind == RequestHeaderKind.Credential && context.Translation is { } translation
                    ? TryWriteCredential(to, name, values, translation.Upstream)
                : context.Route!.Access.ProtocolPrefixes is { IsEmpty: false } prefixes
                    && name.Equals("Sec-WebSocket-Protocol", StringComparison.OrdinalIgnoreCase)
                    ? TryWriteProtocols(to, name, values, prefixes)
                : TryWriteValues(to, name, values);
            if (!isWritten)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes a caller's own credential where the upstream's dialect has it.</summary>
    private static bool TryWriteCredential(HeadBuffer to, string name, StringValues values, Dialect upstream)
    {
        const string Scheme = "Bearer ";
        var isKey = name.Equals("x-api-key", StringComparison.OrdinalIgnoreCase);
        if (values is not [{ } value] || !FieldText.IsValue(value))
        {
            return values.Count == 0;
        }

        if (upstream == Dialect.OpenAI && isKey)
        {
            to.WriteField("Authorization", Scheme + value);
            return true;
        }

        if (upstream == Dialect.Anthropic && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            to.WriteField("x-api-key", value[Scheme.Length..].Trim());
            return true;
        }

        to.WriteField(name, value);
        return true;
    }

    // The caller's span is not the one that asks upstream; and what belongs to a span that nobody could read goes with it.
    private static bool IsReplaced(RequestTrace trace, string name) =>
        name.Length is 10 or 11
        && (name.Equals("traceparent", StringComparison.OrdinalIgnoreCase)
            || (!trace.HasParent && name.Equals("tracestate", StringComparison.OrdinalIgnoreCase)));

    private static void WriteTrace(HeadBuffer to, TraceParent attempt)
    {
        if (attempt.Span != 0)
        {
            to.Write("traceparent: "u8);
            attempt.WriteTo(to.GetSpan(TraceParent.Chars));
            to.Advance(TraceParent.Chars);
            to.Write("\r\n"u8);
        }
    }

    /// <summary>
    /// Where it is asked whether something is still good, that is asked of what is kept, and not of what the caller has.
    /// </summary>
    private static void WriteValidators(HeadBuffer to, RequestContext context)
    {
        if (context.Cache?.Http is not { Revalidates: true } http)
        {
            return;
        }

        var kept = new StoredHead(http.Found.Written.Span);
        if (kept.TryFind("ETag"u8, out var tag))
        {
            to.Write("If-None-Match: "u8);
            to.Write(tag);
            to.Write("\r\n"u8);
        }

        if (kept.TryFind("Last-Modified"u8, out var changed))
        {
            to.Write("If-Modified-Since: "u8);
            to.Write(changed);
            to.Write("\r\n"u8);
        }
    }

    // What is about the answer that the caller has or wants, where the upstream is asked for another: for the cache, which has
    // something else, or, where the caller is served already, wants all of it.
    private static bool IsOfCaller(HttpCacheExchange http, string name) =>
        (http.Revalidates && (name.Equals("If-None-Match", StringComparison.OrdinalIgnoreCase)
            || name.Equals("If-Modified-Since", StringComparison.OrdinalIgnoreCase)))
        || (http.IsSilent && (name.Equals("Range", StringComparison.OrdinalIgnoreCase)
            || name.Equals("If-Range", StringComparison.OrdinalIgnoreCase)));

    private static bool TryWriteValues(HeadBuffer to, string name, StringValues values)
    {
        foreach (var value in values)
        {
            if (!FieldText.IsValue(value))
            {
                return false;
            }

            to.WriteField(name, value ?? string.Empty);
        }

        return true;
    }

    // HTTP/2 may split cookies over several fields; HTTP/1.1 wants one (RFC 9113, section 8.2.3).
    private static bool TryWriteCookies(HeadBuffer to, string name, StringValues values, ReadOnlySpan<string> without)
    {
        var start = to.Length;
        to.WriteLatin1(name);
        to.Write(": "u8);
        var isFirst = true;
        foreach (var value in values)
        {
            if (!FieldText.IsValue(value))
            {
                return false;
            }

            if (without.IsEmpty)
            {
                to.Write(isFirst ? ""u8 : "; "u8);
                to.WriteLatin1(value);
                isFirst = false;
            }
            else
            {
                CookieText.WriteWithout(to, value, without, ref isFirst);
            }
        }

        if (isFirst)
        {
            to.Truncate(start);
        }
        else
        {
            to.Write("\r\n"u8);
        }

        return true;
    }

    private static void WriteUpgrade(HeadBuffer to, RequestContext context, string protocol)
    {
        to.Write("Connection: Upgrade\r\n"u8);
        to.WriteField("Upgrade", protocol);
        if (context.WebSocketKey is { } key)
        {
            to.WriteField(KeyName, key);
        }
    }

    // A key goes out once, and where HTTP/2 carries one, which it must not, it is not that.
    private static bool IsOfUpgrade(RequestContext context, string name) =>
        context.Upgrade is not null && name.Equals(KeyName, StringComparison.OrdinalIgnoreCase);

    private static bool TryWriteProtocols(HeadBuffer to, string name, StringValues values, ReadOnlySpan<string> prefixes)
    {
        var start = to.Length;
        to.WriteLatin1(name);
        to.Write(": "u8);
        var isFirst = true;
        foreach (var value in values)
        {
            if (!FieldText.IsValue(value))
            {
                return false;
            }

            foreach (var range in value.AsSpan().Split(','))
            {
                var protocol = value.AsSpan()[range].Trim(" \t");
                if (!CredentialReader.IsCredential(protocol, prefixes))
                {
                    to.Write(isFirst ? ""u8 : ", "u8);
                    to.WriteLatin1(protocol);
                    isFirst = false;
                }
            }
        }

        if (isFirst)
        {
            to.Truncate(start);
        }
        else
        {
            to.Write("\r\n"u8);
        }

        return true;
    }

    private static void WriteVia(HeadBuffer to, RequestContext context)
    {
        var isHttp2 = context.IsHttp2;
        var hops = context.RequestHeaders.Via;
        if (hops.Count == 0)
        {
            to.Write(isHttp2 ? "Via: 2 edge\r\n"u8 : "Via: 1.1 edge\r\n"u8);
            return;
        }

        to.Write("Via: "u8);
        foreach (var hop in hops)
        {
            if (hop is { Length: > 0 } && FieldText.IsValue(hop))
            {
                to.WriteLatin1(hop);
                to.Write(", "u8);
            }
        }

        to.Write(isHttp2 ? "2 edge\r\n"u8 : "1.1 edge\r\n"u8);
    }

    // "keep-alive" and "close" name no other header, and are all that most callers send.
    private static bool NamesOptions(StringValues connection) =>
        connection.Count > 1 || (connection.Count == 1 && connection[0] is { Length: > 0 } only
            && !only.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
            && !only.Equals("close", StringComparison.OrdinalIgnoreCase));

    /// <summary>True where a Connection header has this name in its list.</summary>
    public static bool IsNamedBy(StringValues connection, string name)
    {
        foreach (var list in connection)
        {
            var rest = list.AsSpan();
            while (!rest.IsEmpty)
            {
                var comma = rest.IndexOf(',');
                var element = (comma < 0 ? rest : rest[..comma]).Trim();
                if (element.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }

                rest = comma < 0 ? default : rest[(comma + 1)..];
            }
        }

        return false;
    }
}
