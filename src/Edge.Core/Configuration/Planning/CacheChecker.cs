using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks whether answers from memory can reach only those whom they are meant for.</summary>
internal sealed class CacheChecker(DiagnosticBag diagnostics, TierNames tiers)
{
    /// <summary>Longest time between two events of a stream that is given from memory.</summary>
    public static readonly TimeSpan ReplayEveryMax = TimeSpan.FromSeconds(1);

    /// <summary>Longest time that a request waits for a vector.</summary>
    public static readonly TimeSpan VectorTimeMax = TimeSpan.FromSeconds(5);

    /// <summary>Tells every error in the settings of caches.</summary>
    public void Check(EdgeOptions options)
    {
        var defaults = options.Defaults?.Value;
        var upstreams = new Dictionary<string, UpstreamOptions>(StringComparer.Ordinal);
        foreach (var item in options.Upstreams.Items()) upstreams.TryAdd(item.Name.Value, item.Value.Value);
        CheckParts(defaults?.Cache?.Value.Value, upstreams);
        foreach (var route in options.Routes.Items())
        {
            CheckParts(route.Value.Cache?.Value.Value, upstreams);
            var cache = route.Value.Cache ?? defaults?.Cache;
            if (cache is not { Value.Value: { } used, Place: var place }) continue;
            var name = route.Value.Name is { Hidden: false } text ? $"route {text.Text()}" : "the route";
            if (used.Store is { Value: true } store && options.Redis is null)
                diagnostics.Add(store.Place, "there is no redis in this file; add it, or keep answers in memory");
            CheckScope(used, place, name, asks: (route.Value.Authenticate ?? defaults?.Authenticate) is { Value.HasValue: true });
            if (route.Value.Upstream is not { } own || !upstreams.TryGetValue(own.Value, out var upstream)) continue;
            var isLlm = (upstream.Dialect?.Value ?? Dialect.Http) != Dialect.Http;
            if (isLlm && used.Ttl is null)
                diagnostics.Add(place, $"{name} goes to an LLM, whose answers say nothing of their time; write ttl");
            if (!isLlm && used.Semantic is { } semantic)
                diagnostics.Add(semantic.Place, $"{name} goes to no LLM, and is asked no questions; leave this out");
        }
    }

    private void CheckScope(CacheOptions cache, Place place, string name, bool asks)
    {
        var kind = cache.Scope?.Value.Kind ?? CacheScopeKind.Consumer;
        var isShared = cache.Shared is { Value: true };
        var at = cache.Scope?.Place ?? place;
        if (!asks && kind != CacheScopeKind.Public)
            diagnostics.Add(at, $"{name} asks nobody for a credential, so that its callers have no scope but public");
        else if (asks && kind == CacheScopeKind.Public && !isShared)
            diagnostics.Add(
                at, $"{name} asks for credentials, and with scope public its callers get each other's answers; " +
                "write shared: true if that is meant");
        else if (isShared && !(asks && kind == CacheScopeKind.Public))
            diagnostics.Add(
                cache.Shared!.Value.Place,
                "shared says nothing but beside scope public on a route that authenticates; leave it out");
    }

    private void CheckSemantic(SemanticOptions semantic, Dictionary<string, UpstreamOptions> upstreams)
    {
        if (semantic.Timeout is { } timeout && timeout.Value > VectorTimeMax)
            diagnostics.Add(
                timeout.Place, $"so long every new question might wait; write at most {Durations.Format(VectorTimeMax)}");
        if (semantic.Upstream is not { } name || upstreams.Count == 0) return;
        if (!upstreams.TryGetValue(name.Value, out var upstream))
        {
            var suggestion = diagnostics.IsFull ? "" : Nearest.Suggest(name.Hidden ? "" : name.Value, upstreams.Keys);
            diagnostics.Add(name.Place, $"{name.Text()} is not an upstream; {suggestion}");
        }
        else if ((upstream.Dialect?.Value ?? Dialect.Http) != Dialect.OpenAI || upstream.Azure is not null)
        {
            diagnostics.Add(
                name.Place, "this upstream is not asked for vectors as OpenAI is; write one of dialect openai, not of azure");
        }
    }

    private void CheckParts(CacheOptions? cache, Dictionary<string, UpstreamOptions> upstreams)
    {
        if (cache is null) return;
        if (cache.Semantic is { Value: var semantic }) CheckSemantic(semantic, upstreams);
        foreach (var tier in cache.NoCacheTiers.Items()) tiers.Check(tier, diagnostics);
        if (cache.ReplayEvery is { } every && every.Value > ReplayEveryMax)
            diagnostics.Add(every.Place, $"a stream would take very long; write at most {Durations.Format(ReplayEveryMax)}");
        if (cache.VaryOn is not { } parts) return;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in parts.Value)
        {
            if (!seen.Add(part.Value)) diagnostics.Add(part.Place, $"{part.Text()} is in this list already; take it out");
        }

        if (!seen.Contains(CacheRules.Body))
            diagnostics.Add(parts.Place, "without body every question would get the same answer; write it too");
    }
}
