using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;
using Edge.Core.Configuration;
using Edge.Core.Llm;

namespace Edge.Hosting;

/// <summary>What a route does with the bodies of requests, worked out once. Immutable.</summary>
internal sealed class RouteBody
{
    private const int ApiCount = (int)LlmApi.Other + 1;

    private readonly RewritePlan?[] _rules = new RewritePlan?[ApiCount];
    private readonly FrozenDictionary<string, TierPolicy> _tiers;
    private readonly LlmApi? _schemaApi;
    private readonly Dialect _dialect;

    private RouteBody(RoutePlan route, ImmutableArray<TierPlan> tiers)
    {
        _dialect = route.Upstream.Dialect;
        Schema = route.Validate?.Schema;
        _schemaApi = route.Validate?.Api;
        Query = route.Validate?.Query ?? [];
        Headers = route.Validate?.Headers ?? [];
        Metering = _dialect == Dialect.Http ? null : route.Metering;
        Estimate = route.Estimate;
        IsCounted = Metering is not null || (route.Cache is not null && _dialect != Dialect.Http)
            || route.Upstreams.Any(static upstream => upstream.Azure is not null || HedgesModels(upstream));
        MayTranslate = _dialect != Dialect.Http && route.Translate is not null;
        From = FromPlan(route.Rewrite);
        var policies = new Dictionary<string, TierPolicy>(StringComparer.Ordinal);
        foreach (var tier in _dialect == Dialect.Http ? [] : tiers)
        {
            if (TierPolicy.Of(tier) is { } policy)
            {
                policies[tier.Name] = policy;
            }
        }

        _tiers = policies.ToFrozenDictionary(StringComparer.Ordinal);
        IsRead = Schema is not null || !route.Rewrite.IsEmpty;
        for (var api = 0; api < ApiCount; api++)
        {
            _rules[api] = RulesPlan(route.Rewrite, _dialect == Dialect.Http ? [] : tiers, (LlmApi)api, Metering is not null);
        }
    }

    /// <summary>The schema of bodies, or null.</summary>
    public JsonSchema? Schema { get; }

    /// <summary>Query parameters that must be there.</summary>
    public ImmutableArray<string> Query { get; }

    /// <summary>Headers that must be there.</summary>
    public ImmutableArray<string> Headers { get; }

    /// <summary>How tokens are counted; null: not at all.</summary>
    public MeteringPlan? Metering { get; }

    /// <summary>How the tokens of prompts are estimated.</summary>
    public EstimateKind Estimate { get; }

    /// <summary>Bodies for the APIs of an LLM are read: tokens are counted, answers kept, or paths name the model.</summary>
    public bool IsCounted { get; }

    /// <summary>Some of the bodies may have to be translated, and those are read.</summary>
    public bool MayTranslate { get; }

    /// <summary>Transforms other formats, before the body is validated; or null.</summary>
    public RewritePlan? From { get; }

    /// <summary>Every body is read, whoever sends it: it is validated or rewritten.</summary>
    public bool IsRead { get; }

    /// <summary>What is done with bodies of a route; null: nothing at all.</summary>
    public static RouteBody? Of(RoutePlan route, ImmutableArray<TierPlan> tiers)
    {
        var body = new RouteBody(route, tiers);
        return body.IsRead || body.IsCounted || body._tiers.Count > 0 || route.Validate is not null || body.MayTranslate
            ? body : null;
    }

    // Streams are not hedged, and only the body tells that it asks for one.
    private static bool HedgesModels(UpstreamPlan upstream) =>
        upstream.Dialect != Dialect.Http && upstream.Retries?.Hedge is { } hedge && hedge.Takes("POST");

    /// <summary>The API that a request is for.</summary>
    public LlmApi ApiOf(Dialect dialect, ReadOnlySpan<char> path) => _schemaApi ?? LlmApis.Of(dialect, path);

    /// <summary>What is done after validation; null: nothing.</summary>
    public RewritePlan? RulesFor(LlmApi api) => _rules[(int)api];

    /// <summary>What callers of a tier may ask for; null: anything.</summary>
    public TierPolicy? PolicyOf(string? tier) => tier is not null && _tiers.TryGetValue(tier, out var policy) ? policy : null;

    private static RewritePlan? FromPlan(ImmutableArray<RewriteItem> items)
    {
        var steps = new List<(RewriteCondition?, RewriteRule[])>();
        foreach (var item in items)
        {
            if (item.FromMobile)
            {
                steps.Add((item.When, [RewriteRule.FromMobile()]));
            }
        }

        return steps.Count == 0 ? null : new RewritePlan(steps);
    }

    private static RewritePlan? RulesPlan(
        ImmutableArray<RewriteItem> items, ImmutableArray<TierPlan> tiers, LlmApi api, bool meters)
    {
        var steps = new List<(RewriteCondition?, RewriteRule[])>();
        foreach (var item in items)
        {
            List<RewriteRule> rules = item.Map is { } map ? [map] : [];
            if (item.SystemMessage is { } message && api != LlmApi.Embeddings)
            {
                rules.Add(RewriteRule.SystemMessage(api, message));
            }

            rules.AddRange(item.Rules);
            if (rules.Count > 0)
            {
                steps.Add((item.When, [.. rules]));
            }
        }

        foreach (var tier in tiers)
        {
            if (!tier.Aliases.IsEmpty)
            {
                steps.Add((new RewriteCondition { Tiers = [tier.Name] }, [RewriteRule.Alias("model", tier.Aliases)]));
            }
        }

        if (meters && api == LlmApi.ChatCompletions)
        {
            steps.Add((null, [RewriteRule.IncludeUsage()]));
        }

        return steps.Count == 0 ? null : new RewritePlan(steps);
    }
}

/// <summary>What callers of a tier may ask for. Immutable.</summary>
internal sealed class TierPolicy
{
    private readonly Wildcard[] _models;

    private TierPolicy(TierPlan plan)
    {
        Plan = plan;
        _models = [.. from model in plan.Models select new Wildcard(model)];
    }

    /// <summary>The tier.</summary>
    public TierPlan Plan { get; }

    /// <summary>The policy of a tier; null where its callers may ask for anything, under any name.</summary>
    public static TierPolicy? Of(TierPlan tier) =>
        tier.Models.IsEmpty && tier.Aliases.IsEmpty && tier.RequestTokensMax is null ? null : new TierPolicy(tier);

    /// <summary>Whether a model is among those of the tier.</summary>
    public bool Includes(ReadOnlySpan<byte> model)
    {
        foreach (var one in _models)
        {
            if (one.IsMatch(model))
            {
                return true;
            }
        }

        return _models.Length == 0;
    }
}
