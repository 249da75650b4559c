using System.Globalization;
using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Limits;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks whether limits can be counted as they are written, and whether there is anybody to count them for.</summary>
internal sealed class LimitChecker(DiagnosticBag diagnostics, TierNames tiers)
{
    /// <summary>Tells every error in the limits.</summary>
    public void Check(EdgeOptions options)
    {
        CheckOverload(options.Overload?.Value);
        if (options is { LimitState: { } state, Redis: { } redis })
        {
            var line = redis.Place.Line.ToString(CultureInfo.InvariantCulture);
            diagnostics.Add(state.Place, $"redis on line {line} keeps the counts of all replicas; leave out one of the two");
        }

        var defaults = options.Defaults?.Value;
        Check(defaults?.Limits);
        foreach (var route in options.Routes.Items())
        {
            Check(route.Value.Limits);
            var limits = route.Value.Limits ?? defaults?.Limits;
            var authenticate = route.Value.Authenticate ?? defaults?.Authenticate;
            if (authenticate is { Value.HasValue: false }) CheckCallers(route.Value, limits);
            CheckSpending(options, route.Value, limits);
        }
    }

    private void CheckOverload(OverloadOptions? overload)
    {
        if (overload is null) return;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tier in overload.ShedFirst.Items())
        {
            tiers.Check(tier, diagnostics);
            if (!names.Add(tier.Value)) diagnostics.Add(tier.Place, $"{tier.Text()} is in this list already; take it out");
        }

        if (overload is { ConcurrentMin: { } least, ConcurrentMax: { } most } && least.Value > most.Value)
            diagnostics.Add(least.Place, "this is more than concurrentMax; write a smaller number");
    }

    private void Check(Located<List<Located<LimitOptions>>>? limits)
    {
        var names = new Dictionary<string, Place>(StringComparer.Ordinal);
        var items = limits.Items();
        for (var i = 0; i < items.Count; i++)
        {
            // What was refused is as if it were not there, and has been told.
            var limit = items[i];
            if (!diagnostics.HasAny(limit.Place, i + 1 < items.Count ? items[i + 1].Place : null)) CheckKeys(limit);
            if (limit.Value.Name is not { } name || names.TryAdd(name.Value, name.Place)) continue;
            var line = names[name.Value].Line.ToString(CultureInfo.InvariantCulture);
            diagnostics.Add(name.Place, $"the limit on line {line} has this name already; choose another");
        }
    }

    private void CheckKeys(Located<LimitOptions> located)
    {
        var limit = located.Value;
        CheckGlobal(limit);
        if (limit is { Requests: null, Concurrent: null, Tokens: null, Usd: null })
        {
            diagnostics.Add(
                located.Place, "the limit says not of what; write requests, tokens or usd with a window, or concurrent");
            return;
        }

        if (limit.Of is { } of && limit.Tokens is null) Refuse(of.Place, "of", "anything but tokens");
        var counts = new (Place? Place, string Name)[]
        {
            (limit.Requests?.Place, "requests"), (limit.Tokens?.Place, "tokens"), (limit.Usd?.Place, "usd"),
        };
        var kinds = counts.Where(c => c.Place is not null).ToList();
        if (kinds.Count > 1)
        {
            diagnostics.Add(kinds[1].Place!.Value, $"{kinds[1].Name} and {kinds[0].Name} are two limits; make two items of them");
            return;
        }

        if (limit.Concurrent is { } concurrent)
        {
            if (kinds.Count > 0)
                diagnostics.Add(concurrent.Place, $"concurrent and {kinds[0].Name} are two limits; make two items of them");
            Refuse(limit.Window?.Place, "window", "concurrent");
            Refuse(limit.Burst?.Place, "burst", "concurrent");
            Refuse(limit.Algorithm?.Place, "algorithm", "concurrent");
            Refuse(limit.Zone?.Place, "zone", "concurrent");
            return;
        }

        if (limit.Window is not { } window)
        {
            diagnostics.Add(
                located.Place, $"key 'window' is missing: {kinds[0].Name} are counted in a duration, or an hour, day or month");
            return;
        }

        CheckWindow(limit, window);
    }

    private void CheckWindow(LimitOptions limit, Located<LimitSpan> window)
    {
        if (window.Value.Calendar != CalendarUnit.None)
        {
            Refuse(limit.Burst?.Place, "burst", "a window of the calendar");
            if (limit.Algorithm is { Value: LimitKind.Bucket, Place: var at })
                diagnostics.Add(at, "a window of the calendar is counted; leave algorithm out");
            return;
        }

        Refuse(limit.Zone?.Place, "zone", "a window of fixed length");
        if (limit.Algorithm is { Value: LimitKind.Window })
        {
            Refuse(limit.Burst?.Place, "burst", "algorithm fixed");
            return;
        }

        if (limit.Usd is not null) Refuse(limit.Burst?.Place, "burst", "usd");
        var (count, place) = limit switch
        {
            { Tokens: { } tokens } => (tokens.Value, tokens.Place),
            { Usd: { } usd } => (usd.Value, usd.Place),
            _ => (limit.Requests!.Value.Value, limit.Requests.Value.Place),
        };
        if (!LimitRule.Fits(count, window.Value.Length, limit.Burst?.Value ?? count))
            diagnostics.Add(place, "this is more than ten million a second, or a burst of more than three years");
    }

    private void Refuse(Place? place, string key, string beside)
    {
        if (place is { } at) diagnostics.Add(at, $"{key} says nothing beside {beside}; leave it out");
    }

    private void CheckGlobal(LimitOptions limit)
    {
        var parts = limit.Per.Items();
        foreach (var part in parts)
        {
            if (LimitRules.IsGlobal(part.Value) && parts.Count > 1)
                diagnostics.Add(part.Place, "global is one count for all; it goes with nothing else");
        }
    }

    /// <summary>Tokens are counted where an LLM answers, and dollars where prices are known.</summary>
    private void CheckSpending(EdgeOptions options, RouteOptions route, Located<List<Located<LimitOptions>>>? limits)
    {
        var upstream = options.Upstreams.Items().FirstOrDefault(u => u.Name.Value == route.Upstream?.Value).Value.Value;
        foreach (var limit in limits.Items())
        {
            if ((limit.Value.Tokens?.Place ?? limit.Value.Usd?.Place) is not { } place) continue;
            if (upstream is not null && (upstream.Dialect?.Value ?? Dialect.Http) == Dialect.Http)
            {
                var name = route.Name is { Hidden: false } text ? $"route {text.Text()}" : "the route";
                diagnostics.Add(place, $"{name} goes to an upstream without an LLM dialect, which reports no tokens");
            }

            if (limit.Value.Usd is not null && options.Prices is null)
                diagnostics.Add(place, "no prices are known; write prices, a file of them");
        }
    }

    private void CheckCallers(RouteOptions route, Located<List<Located<LimitOptions>>>? limits)
    {
        foreach (var limit in limits.Items())
        {
            foreach (var part in limit.Value.Per.Items())
            {
                if (part.Value.Kind is LimitKeyKind.Ip or LimitKeyKind.Route or LimitKeyKind.Header) continue;
                var name = route.Name is { Hidden: false } text ? $"route {text.Text()}" : "the route";
                diagnostics.Add(
                    part.Place, $"{name} authenticates nobody, so that all would share one count; write authenticate");
            }
        }
    }
}
