using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Core.Telemetry;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// Gives each request its place in a trace (W3C Trace Context), and makes its spans once it is over, if the trace is kept: chosen
/// by the caller or by the share that the configuration says, or afterwards because the request failed or was slow. A request
/// that is not kept costs two random numbers and a header. Thread-safe.
/// </summary>
internal sealed class Tracer(TracesPlan plan, TracesExporter exporter, GenAiNames names, TimeProvider time)
{
    // Of the random half of an id, as many are below this as the share says (OpenTelemetry's TraceIdRatioBased).
    private readonly ulong _below = (ulong)(plan.Sample * long.MaxValue);

    /// <summary>A new id of a span.</summary>
    public static ulong NewSpan() => (ulong)Random.Shared.NextInt64(1, long.MaxValue);

    /// <summary>A request begins.</summary>
    public void Begin(RequestContext context)
    {
        var header = context.RequestHeaders.TraceParent;
        var hasParent = header.Count == 1 & TraceParent.TryParse(header.ToString(), out var parent);
        var high = hasParent ? parent.High : (ulong)Random.Shared.NextInt64();
        var low = hasParent ? parent.Low : NewSpan();
        var isSampled = hasParent && plan.TrustsParent ? parent.IsSampled : IsChosen(low);
        context.BeginTrace(new TraceParent(high, low, NewSpan(), isSampled), hasParent ? parent.Span : 0);
    }

    /// <summary>A request is over.</summary>
    /// <param name="context">The request; its usage is settled.</param>
    /// <param name="failure">How it failed.</param>
    /// <param name="elapsedNs">How long it took.</param>
    public void End(RequestContext context, Failure failure, long elapsedNs)
    {
        if (context.Trace is not { } trace)
        {
            return;
        }

        var isError = context.StatusCode >= 500 || Failures.Side(failure) is FailureSide.Edge or FailureSide.Upstream;
        if (!trace.Id.IsSampled && !isError && elapsedNs < plan.Slow.TotalNanoseconds)
        {
            return;
        }

        var endNanos = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var startNanos = endNanos - elapsedNs;
        for (var i = 0; i < trace.Attempts.Length; i++)
        {
            exporter.Add(ClientSpan(context, trace, trace.Attempts[i], startNanos, isLast: i == trace.Attempts.Length - 1));
        }

        exporter.Add(ServerSpan(context, trace, failure, isError, startNanos, endNanos));
    }

    private bool IsChosen(ulong low) => (low & long.MaxValue) < _below;

    private static SpanRecord ServerSpan(
        RequestContext context, RequestTrace trace, Failure failure, bool isError, long startNanos, long endNanos)
    {
        var route = context.Route;
        var method = HttpLabels.Of(context.Method, isSecure: false).Method;
        return new SpanRecord
        {
            Id = trace.Id,
            ParentSpan = trace.ParentSpan,
            State = trace.HasParent ? StateOf(context) : null,
            Name = route is null ? method : method + " " + route.Plan.Path.Text,
            StartNanos = startNanos,
            EndNanos = endNanos,
            IsError = isError,
            Events = EventsOf(context, startNanos, endNanos),
            Attributes =
            [
                new("http.request.method", context.Method),
                new("url.path", context.Target.Path.ToString()),
                new("url.scheme", context.Request.Scheme),
                new("http.route", route?.Plan.Path.Text),
                new("http.response.status_code", StatusOf(context, failure)),
                new("network.protocol.version", context.IsHttp2 ? "2" : "1.1"),
                new("client.address", context.ClientAddress.ToString()),
                new("user_agent.original", Bound(context.RequestHeaders.UserAgent.ToString())),
                new("error.type", failure == Failure.None ? null : Failures.Code(failure)),
                new("edge.route", route?.Plan.Name),
                new("edge.request_id", context.RequestId),
                new("edge.refusal", context.RefusalReason),
                new("user.id", context.Caller?.Id),
                new("edge.tier", context.Caller?.Tier),
                new("edge.attempts", (long)context.Attempts),
                new("edge.fallback", context.Repeats?.Fallback),
                new("edge.fallback.reason", context.Repeats?.Reason),
                new("http.response.body.size", context.ResponseBytes),
                new("edge.upgrade", context.Tunnel is null ? null : context.Upgrade),
                new("edge.upgrade.end", context.Tunnel is { } tunnel ? UpgradeMetrics.NameOf(tunnel.End) : null),
                new("edge.upgrade.bytes_in", context.Tunnel?.BytesUp),
            ],
        };
    }

    private SpanRecord ClientSpan(
        RequestContext context, RequestTrace trace, in AttemptRecord attempt, long startNanos, bool isLast)
    {
        var facts = context.Facts;
        var dialect = attempt.Upstream.Dialect;
        var isModel = facts.IsKnown && attempt.Model is not null && dialect != Dialect.Http;
        var operation = facts.Api == LlmApi.Embeddings ? "embeddings" : "chat";
        isLast = isLast && attempt.Failure == Failure.None && context.Usage.Kind != UsageKind.None;
        var counts = context.Usage.Counts;
        var isNew = isModel && names.HasFlag(GenAiNames.Latest);
        var firstNs = isNew && isLast && context.FirstEventNs != 0 ? context.FirstEventNs - attempt.BeganNs : 0;
        return new SpanRecord
        {
            Id = trace.Id with { Span = attempt.Span },
            ParentSpan = trace.Id.Span,
            Name = isModel
                ? operation + " " + Bound(attempt.Model!)
                : HttpLabels.Of(context.Method, isSecure: false).Method,
            IsClient = true,
            StartNanos = startNanos + attempt.BeganNs,
            EndNanos = startNanos + attempt.EndedNs,
            IsError = attempt.Failure != Failure.None || attempt.Status >= 400,
            Attributes =
            [
                new("http.request.method", context.Method),
                new("server.address", attempt.Target.Host),
                new("server.port", (long)attempt.Target.Port),
                new("http.response.status_code", attempt.Status == 0 ? null : (long)attempt.Status),
                new("error.type", attempt.Failure == Failure.None ? null : Failures.Code(attempt.Failure)),
                new("edge.upstream", attempt.Upstream.Name),
                new("http.request.resend_count", attempt.Number > 1 ? attempt.Number - 1L : null),
                new("edge.hedge", attempt.IsHedge ? true : null),
                new("gen_ai.operation.name", isModel ? operation : null),
                new("gen_ai.provider.name", !isModel ? null : dialect == Dialect.Anthropic ? "anthropic" : "openai"),
                new("gen_ai.request.model", isModel ? Bound(attempt.Model!) : null),
                new("edge.estimated_tokens", isModel ? facts.EstimatedTokens : null),
                new("gen_ai.usage.input_tokens", isLast ? counts.InputTokensTotal : null),
                new("gen_ai.usage.output_tokens", isLast ? counts.OutputTokens ?? 0 : null),
                new("gen_ai.request.stream", isNew && facts.IsStreaming ? true : null),
                new("gen_ai.response.time_to_first_chunk", firstNs > 0 ? firstNs / MetricRegistry.NanosecondsPerSecond : null),
                new("gen_ai.usage.cache_read.input_tokens",
                    isNew && isLast ? counts.CacheReadTokens ?? counts.CachedTokens : null),
                new("edge.usage.exact", isLast ? context.Usage.Kind == UsageKind.Exact : null),
            ],
        };
    }

    private static (string Name, long Nanos)[] EventsOf(RequestContext context, long startNanos, long endNanos) =>
        context.FirstEventNs == 0
            ? []
            : [("edge.first_event", startNanos + context.FirstEventNs), ("edge.stream_end", endNanos)];

    private static long? StatusOf(RequestContext context, Failure failure) =>
        failure == Failure.CallerGone && !context.HasAnswerStarted ? null : context.StatusCode;

    // The header may come in several lines, which are one list (section 3.3).
    private static string? StateOf(RequestContext context) =>
        context.RequestHeaders.TraceState is { Count: > 0 } state ? Bound(string.Join(',', state.ToArray())) : null;

    private static string Bound(string text) => text.Length <= LogLine.TextCharsMax ? text : text[..LogLine.TextCharsMax];
}
