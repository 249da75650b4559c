using System.Globalization;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Limits;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks whether limits can be counted as they are written, and whether there is anybody to count them for.</summary>
internal sealed class LimitChecker(DiagnosticBag diagnostics)
{
    /// <summary>Tells every error in the limits.</summary>
    public void Check(EdgeOptions options)
    {
        var defaults = options.Defaults?.Value;
        Check(defaults?.Limits);
        foreach (var route in options.Routes.Items())
        {
            Check(route.Value.Limits);
            var limits = route.Value.Limits ?? defaults?.Limits;
            var authenticate = route.Value.Authenticate ?? defaults?.Authenticate;
            if (authenticate is { Value.HasValue: false }) CheckCallers(route.Value, limits);
        }
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
        if (limit.Requests is null && limit.Concurrent is null)
        {
            diagnostics.Add(located.Place, "the limit says not of what; write requests with a window, or concurrent");
            return;
        }

        if (limit.Concurrent is { } concurrent)
        {
            if (limit.Requests is not null)
                diagnostics.Add(concurrent.Place, "concurrent and requests are two limits; make two items of them");
            Refuse(limit.Window?.Place, "window", "concurrent");
            Refuse(limit.Burst?.Place, "burst", "concurrent");
            Refuse(limit.Algorithm?.Place, "algorithm", "concurrent");
            Refuse(limit.Zone?.Place, "zone", "concurrent");
            return;
        }

        if (limit.Window is not { } window)
        {
            diagnostics.Add(
                located.Place, "key 'window' is missing: requests are counted in a duration, or an hour, day or month");
            return;
        }

        CheckWindow(limit, window);
    }

    private void CheckWindow(LimitOptions limit, Located<LimitSpan> window)
    {
        if (window.Value.Calendar != CalendarUnit.None)
        {
            Refuse(limit.Burst?.Place, "burst", "a window of the calendar");
            if (limit.Algorithm is { Value: LimitKind.Bucket, Place: var place })
                diagnostics.Add(place, "a window of the calendar is counted; leave algorithm out");
            return;
        }

        Refuse(limit.Zone?.Place, "zone", "a window of fixed length");
        if (limit.Algorithm is { Value: LimitKind.Window })
        {
            Refuse(limit.Burst?.Place, "burst", "algorithm fixed");
            return;
        }

        var requests = limit.Requests!.Value;
        if (!LimitRule.Fits(requests.Value, window.Value.Length, limit.Burst?.Value ?? requests.Value))
            diagnostics.Add(requests.Place, "this is more than ten million a second, or a burst of more than three years");
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
