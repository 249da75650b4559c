using System.Collections.Immutable;
using System.Linq;
using System.Text;
using System.Text.Json;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Resilience;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes the part of the plan that says what follows a failed attempt, of options in which nothing is wrong.</summary>
internal static class AttemptBuilder
{
    /// <summary>When a request is sent to the same upstream again.</summary>
    public static RetryPlan Retries(RetriesOptions retries) => new()
    {
        Attempts = retries.Attempts.Get(),
        Budget = retries.Budget.Get(),
        BudgetMin = retries.BudgetMin.Get(),
        On = Causes(retries.On),
        NonIdempotent = retries.NonIdempotent.Get(),
        BackoffBase = retries.Backoff.Get().Base.Get(),
        BackoffMax = retries.Backoff.Get().Max.Get(),
        RetryAfterMax = retries.RetryAfterMax.Get(),
        Hedge = retries.Hedge is { Value: var hedge } ? Hedge(hedge) : null,
    };

    /// <summary>What is done in place of a route's own upstream.</summary>
    public static ImmutableArray<FallbackPlan> Fallbacks(
        List<Located<FallbackOptions>> items, Dictionary<string, UpstreamPlan> upstreams) =>
        items.Count == 0 ? [] : [.. items.Select(item => Fallback(item.Value, upstreams))];

    /// <summary>Who answers a share of a route's requests.</summary>
    public static CanaryPlan Canary(CanaryOptions canary, Dictionary<string, UpstreamPlan> upstreams) =>
        new(upstreams[canary.Upstream.Get()], canary.Weight.Get(), canary.By.Get());

    /// <summary>Who gets copies of a route's requests.</summary>
    public static ShadowPlan Shadow(ShadowOptions shadow, Dictionary<string, UpstreamPlan> upstreams) =>
        new(upstreams[shadow.Upstream.Get()], shadow.Share.Get(), shadow.AtOnce.Get());

    private static HedgePlan Hedge(HedgeOptions hedge)
    {
        var plan = new HedgePlan();
        return plan with
        {
            After = hedge.After?.Value ?? TimeSpan.Zero,
            Percentile = hedge.Percentile?.Value ?? (hedge.After is null ? plan.Percentile : 0),
            Attempts = hedge.Attempts.Get(),
            Methods = $" {string.Join(' ', hedge.Methods.Items().Select(static m => m.Value))} ",
        };
    }

    private static FallbackPlan Fallback(FallbackOptions fallback, Dictionary<string, UpstreamPlan> upstreams)
    {
        var body = fallback.Body?.Value;

        // A text goes out as it is, not as JSON has it.
        var text = body is [(byte)'"', ..] ? TextOf(body) : null;
        return new FallbackPlan
        {
            Kind = fallback.Upstream is not null ? FallbackKind.Upstream
                : fallback.Cached is not null ? FallbackKind.Stale : FallbackKind.Fixed,
            On = Causes(fallback.On),
            Upstream = fallback.Upstream is { } name ? upstreams[name.Value] : null,
            Model = fallback.Model?.Value,
            Status = fallback.Status?.Value ?? 0,
            Body = [.. text is null ? body ?? [] : Encoding.UTF8.GetBytes(text)],
            ContentType = body is null ? null : text is null ? "application/json" : "text/plain; charset=utf-8",
        };
    }

    private static string TextOf(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return reader.GetString()!;
    }

    private static AttemptCauses Causes(Located<List<Located<string>>>? on) => new([.. on.Items().Select(static c => c.Value)]);
}
