using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>A route's <c>shadow</c> as written.</summary>
internal sealed class ShadowOptions
{
    /// <summary>Most copies at once, at most.</summary>
    public const int AtOnceMost = 1024;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ShadowOptions> Shape = new(
        "shadow", "a shadow",
        "Another upstream that is sent a copy of requests, and whose answers are dropped. See [canary.md](canary.md#shadow).",
        new Key<ShadowOptions, string>(
            "upstream", Scalars.Name, (o, v) => o.Upstream = v, "Its name. It has the dialect of the route's own.",
            isRequired: true),
        new Key<ShadowOptions, double>(
            "share", Scalars.Percent, (o, v) => o.Share = v, "The share of the requests that are copied.", defaultText: "100%"),
        new Key<ShadowOptions, int>(
            "atOnce", Scalars.Count(1, AtOnceMost), (o, v) => o.AtOnce = v,
            "Most copies under way. While there are so many, no other is made.", defaultText: "16"));

    /// <summary>Who gets copies.</summary>
    public Located<string>? Upstream { get; set; }

    /// <summary>Of how many.</summary>
    public Located<double>? Share { get; set; }

    /// <summary>How many at a time.</summary>
    public Located<int>? AtOnce { get; set; }
}
