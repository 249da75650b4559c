using System.Globalization;
using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Copies the head of an upstream's answer to the caller's answer, without what belongs to the upstream's connection.
/// </summary>
internal sealed class ResponseHeadCopier
{
    // Values repeat from answer to answer: content types, server names, dates within a second.
    private readonly HeaderValueCache _strings = new();

    /// <summary>Sets status and headers; the answer has not started.</summary>
    /// <param name="context">The request.</param>
    /// <param name="head">The head.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="startsNext">The answer is started next, by <see cref="RequestContext.StartAnswerAsync"/>.</param>
    public void Copy(RequestContext context, ResponseHead head, ReadOnlySpan<byte> bytes, bool startsNext)
    {
        var headers = context.ResponseHeaders;
        var fields = context.BeginFields(mayBeLines: startsNext);
        context.StatusCode = head.StatusCode;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            ref readonly var field = ref head[i];
            if (field.Kind is ResponseHeaderKind.HopByHop or ResponseHeaderKind.ContentLength
                || head.IsNamedByConnection(bytes, i))
            {
                continue;
            }

            // Alt-Svc invites callers to another door, on which this gateway does not listen (RFC 7838).
            if (field.Kind == ResponseHeaderKind.AltSvc || (context.Translation is not null && Translation.IsOfUpstream(
                KnownResponseHeaders.NameOf(field.Number) ?? _strings.Get(field.Name(bytes)))))
            {
                continue;
            }

            fields.Copy(field.Number, field.Name(bytes), field.Value(bytes), _strings);
        }

        var isStream = head.IsEventStream(bytes);
        var coding = head.CodingOf(bytes);
        context.Meter?.Answer(AskedFacts(context), head.StatusCode, isStream, coding);
        context.Translation?.BeginAnswer(context, head, isStream, coding);

        // An event stream from which an event is taken out is shorter than it was announced.
        if (head.ContentLength >= 0 && head.StatusCode is not 204 && !(isStream && context.Facts.HidesUsage)
            && context.Translation is null)
        {
            headers.ContentLength = head.ContentLength;
        }

        fields.AddVia(head.MinorVersion == 0 ? "1.0 edge" : "1.1 edge");
        if (context.Translation is { } translation ? translation.IsStream : isStream && coding == ContentCoding.Identity)
        {
            context.EventStream = StreamOf(context, head);
        }

        if (context.Cache is { } cache)
        {
            cache.BeginFill(context, head, bytes);
            CacheStage.WriteHeaders(context, cache);
        }

        ApplyRules(context);
    }

    // As the provider was asked, whose words the meter reads.
    private static RequestFacts AskedFacts(RequestContext context) => context.Translation is not { } translation
        ? context.Facts
        : context.Facts with
        {
            Api = translation.Upstream == Dialect.Anthropic ? LlmApi.Messages : LlmApi.ChatCompletions,
        };

    /// <summary>Tells of what it took to get the answer, where that was more than usual.</summary>
    private static void WriteAttempts(RequestContext context)
    {
        var headers = context.ResponseHeaders;
        if (context.Attempts > 1)
        {
            headers["X-Edge-Attempts"] = context.Attempts.ToString(CultureInfo.InvariantCulture);
        }

        if (context is { Upstream.IsOther: true, Cache: not { Outcome: CacheOutcome.Hit } })
        {
            headers["X-Edge-Upstream"] = context.Upstream.Plan.Name;
        }
    }

    private static EventStream StreamOf(RequestContext context, ResponseHead head)
    {
        var route = context.Route!;
        if (context.Translation is not null)
        {
            // It is whole where its translation is.
            return new EventStream(route.Plan.Heartbeat, null, context.Facts.HidesUsage);
        }

        // Only a whole answer is held to its last event, and only where its framing does not tell whether it is whole.
        var needsEnding = head.StatusCode == 200
            && head.FramingFor(HttpMethods.IsHead(context.Method)) == BodyFraming.UntilClose
            && StreamEnding.IsKnownFor(route.Dialect, context.Target.Path);

        // A body of known length has no room for a heartbeat.
        return new EventStream(head.ContentLength < 0 ? route.Plan.Heartbeat : null, needsEnding ? new StreamEnding() : null,
            context.Facts.HidesUsage);
    }

    /// <summary>
    /// What the route says of every answer, the gateway's own included: security headers in the place of the upstream's, then the
    /// route's own rules, which may change those, and what pages of other origins may see, which nothing may change.
    /// </summary>
    public static void ApplyRules(RequestContext context)
    {
        var headers = context.ResponseHeaders;
        (context.Route?.SecurityHeaders ?? context.Snapshot.SecurityHeaders).ApplyTo(headers, context);
        if (context.Route is not { } route)
        {
            return;
        }

        if (context.Stages is not null)
        {
            DecisionTrace.WriteHeaders(context);
        }

        LimitHeaders.Write(context);
        if (context.Attempts > 1 || context.Upstream.IsOther)
        {
            WriteAttempts(context);
        }

        foreach (var name in route.Plan.ResponseHeaders.Remove)
        {
            headers.Remove(name);
        }

        foreach (var header in route.Plan.ResponseHeaders.Set)
        {
            if (header.Value.TryFormat(context.TemplateValues) is { } value)
            {
                headers[header.Name] = value;
            }
            else
            {
                headers.Remove(header.Name);
            }
        }

        foreach (var header in route.Plan.ResponseHeaders.Add)
        {
            if (header.Value.TryFormat(context.TemplateValues) is { } value)
            {
                headers.Append(header.Name, value);
            }
        }

        if (route.Fields is { RequestId: > 0 and var number })
        {
            context.Fields.Set(number, context.RequestId!);
        }
        else if (route.Plan.RequestId is { Echo: true } id)
        {
            headers[id.Header] = context.RequestId;
        }

        if (route.Cors is { } cors)
        {
            CorsStage.ApplyTo(headers, context, cors);
        }

        if (context.Snapshot.TimesAsked || route.Plan.ServerTiming)
        {
            DecisionTrace.KeepFromCaches(context);
        }
    }
}
