using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>A route's <c>canary</c> as written.</summary>
internal sealed class CanaryOptions
{
    private static readonly ScalarShape<bool> ByCaller = Scalars.Choice(
        "caller or request", ("caller", true), ("request", false));

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<CanaryOptions> Shape = new(
        "canary", "a canary", "Another upstream that a share of the requests goes to. See [canary.md](canary.md).",
        new Key<CanaryOptions, string>(
            "upstream", Scalars.Name, (o, v) => o.Upstream = v, "Its name. It has the dialect of the route's own.",
            isRequired: true),
        new Key<CanaryOptions, double>(
            "weight", Scalars.Percent, (o, v) => o.Weight = v, "The share, such as `5%`.", isRequired: true),
        new Key<CanaryOptions, bool>(
            "by", ByCaller, (o, v) => o.By = v,
            "`caller`: a share of the callers, by their id or address, so that each always has answers from the same upstream. " +
            "`request`: of the requests, by chance.", defaultText: "caller"));

    /// <summary>Who else.</summary>
    public Located<string>? Upstream { get; set; }

    /// <summary>How many.</summary>
    public Located<double>? Weight { get; set; }

    /// <summary>Of what.</summary>
    public Located<bool>? By { get; set; }
}
