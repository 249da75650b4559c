using System.Globalization;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks whether objectives leave something that may fail, and whether there are not too many.</summary>
internal sealed class SloChecker(DiagnosticBag diagnostics)
{
    /// <summary>Tells every error in the objectives.</summary>
    public void Check(EdgeOptions options)
    {
        var defaults = options.Defaults?.Value.Slo;
        Check(defaults);
        var count = 0;
        foreach (var route in options.Routes.Items())
        {
            Check(route.Value.Slo);
            if ((route.Value.Slo ?? defaults) is not { Value.HasValue: true } slo) continue;
            if (++count != SloOptions.RoutesMax + 1) continue;
            var most = SloOptions.RoutesMax.ToString(CultureInfo.InvariantCulture);
            diagnostics.Add(slo.Place, $"at most {most} routes can have objectives; leave out those that nobody is paged for");
        }
    }

    private void Check(Located<Optional<SloOptions>>? slo)
    {
        if (slo is not { Value.Value: { } objectives }) return;
        if (objectives is { Availability: null, FirstToken: null })
            diagnostics.Add(slo.Value.Place, "there is no objective here; write availability or firstToken, or none");
        Check(objectives.Availability);
        Check(objectives.FirstToken?.Value.Share);
    }

    private void Check(Located<double>? share)
    {
        if (share is { Value: <= 0 or >= 1 })
            diagnostics.Add(share.Value.Place, "an objective lies between 0% and 100%, both excluded; write 99.9%, for example");
    }
}
