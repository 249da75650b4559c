using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks whether retries and fallbacks can be made as they are written.</summary>
internal sealed class AttemptChecker(DiagnosticBag diagnostics)
{
    /// <summary>Tells every error in them.</summary>
    public void Check(EdgeOptions options)
    {
        foreach (var upstream in options.Upstreams.Items()) CheckRetries(upstream.Value.Value.Retries?.Value);
        var upstreams = new Dictionary<string, UpstreamOptions>(StringComparer.Ordinal);
        foreach (var upstream in options.Upstreams.Items()) upstreams.TryAdd(upstream.Name.Value, upstream.Value.Value);
        foreach (var route in options.Routes.Items())
        {
            var hasCache = (route.Value.Cache ?? options.Defaults?.Value.Cache) is { Value.HasValue: true };
            var translates = (route.Value.Translate ?? options.Defaults?.Value.Translate) is null or { Value.HasValue: true };
            CheckOther(route.Value.Canary?.Value.Upstream, "canary", upstreams, route.Value);
            CheckOther(route.Value.Shadow?.Value.Upstream, "shadow", upstreams, route.Value);
            var items = route.Value.Fallback.Items();
            for (var i = 0; i < items.Count; i++)
            {
                // What was refused is as if it were not there, and has been told.
                if (diagnostics.HasAny(items[i].Place, i + 1 < items.Count ? items[i + 1].Place : null)) continue;
                CheckItem(items[i], hasCache, translates, upstreams, route.Value);
            }
        }
    }

    private void CheckRetries(RetriesOptions? retries)
    {
        CheckRepeats(retries?.On);
        CheckRepeats(retries?.Hedge?.Value.Methods);
        if (retries?.Backoff?.Value is { Base: { } first, Max: { } most } && first.Value > most.Value)
            diagnostics.Add(first.Place, "this is more than max; write a shorter time");
    }

    private void CheckRepeats(Located<List<Located<string>>>? causes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var cause in causes.Items())
        {
            if (!seen.Add(cause.Value)) diagnostics.Add(cause.Place, $"{cause.Text()} is in this list already; take it out");
        }
    }

    private void CheckItem(
        Located<FallbackOptions> item, bool hasCache, bool translates, Dictionary<string, UpstreamOptions> upstreams,
        RouteOptions route)
    {
        var fallback = item.Value;
        CheckRepeats(fallback.On);
        var kinds = (fallback.Upstream is null ? 0 : 1) + (fallback.Cached is null ? 0 : 1) + (fallback.Status is null ? 0 : 1);
        if (kinds != 1)
        {
            diagnostics.Add(item.Place, "a fallback has one of upstream, cached and status; write another item for each");
            return;
        }

        if (fallback is { Upstream: null, Model: { } model })
            diagnostics.Add(model.Place, "no upstream is asked here, for a model or else; leave it out");
        if (fallback is { Status: null, Body: { } body })
            diagnostics.Add(body.Place, "this belongs to a fixed answer; write its status too, or leave it out");
        if (fallback.Cached is { } cached && !hasCache)
            diagnostics.Add(cached.Place, "the route keeps no answers; write cache too, or leave this out");
        if (fallback.Upstream is { } name) CheckUpstream(name, fallback, translates, upstreams, route);
    }

    private bool TryFind(Located<string> name, Dictionary<string, UpstreamOptions> upstreams, out UpstreamOptions other)
    {
        if (upstreams.TryGetValue(name.Value, out other!)) return true;
        var suggestion = diagnostics.IsFull ? "" : Nearest.Suggest(name.Hidden ? "" : name.Value, upstreams.Keys);
        diagnostics.Add(name.Place, $"{name.Text()} is not an upstream; {suggestion}");
        return false;
    }

    /// <summary>Who is sent requests as they were made for the route's own upstream.</summary>
    private void CheckOther(
        Located<string>? named, string noun, Dictionary<string, UpstreamOptions> upstreams, RouteOptions route)
    {
        if (named is not { } name || !TryFind(name, upstreams, out var other)) return;
        if (route.Upstream is not { } own || !upstreams.TryGetValue(own.Value, out var upstream)) return;
        if (own.Value == name.Value)
            diagnostics.Add(name.Place, $"this is the route's own upstream; a {noun} is another one");
        else if ((other.Dialect?.Value ?? Dialect.Http) != (upstream.Dialect?.Value ?? Dialect.Http))
            diagnostics.Add(name.Place, $"a {noun} has the dialect of the route's own upstream; write one that has");
    }

    private void CheckUpstream(
        Located<string> name, FallbackOptions fallback, bool translates, Dictionary<string, UpstreamOptions> upstreams,
        RouteOptions route)
    {
        if (!TryFind(name, upstreams, out var other)) return;
        if (route.Upstream is not { } own || !upstreams.TryGetValue(own.Value, out var upstream)) return;
        if (own.Value == name.Value && fallback.Model is null)
            diagnostics.Add(name.Place, "this is the upstream that has failed; write another, or another model");
        var dialect = other.Dialect?.Value ?? Dialect.Http;
        var ownDialect = upstream.Dialect?.Value ?? Dialect.Http;
        if (dialect != ownDialect && (dialect == Dialect.Http || ownDialect == Dialect.Http || !translates))
            diagnostics.Add(
                name.Place,
                "this upstream has another dialect than the route's own, and its requests are not translated; " +
                "write one of the same");
        else if (dialect == Dialect.Http && fallback.Model is { } model)
            diagnostics.Add(model.Place, "the upstream has no LLM dialect, and its requests no model; leave it out");
    }
}
