using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An item of an upstream's <c>targets</c> as written.</summary>
internal sealed class TargetOptions
{
    /// <summary>Largest weight of a target.</summary>
    public const int WeightMax = 1000;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<TargetOptions> Shape = new(
        "target", "a target", "A target with a weight. A URL alone is a target of weight 1.",
        new Key<TargetOptions, TargetPlan>(
            "url", Scalars.Target, (o, v) => o.Url = v, "Where it is reached.", isRequired: true),
        new Key<TargetOptions, int>(
            "weight", Scalars.Count(1, WeightMax), (o, v) => o.Weight = v,
            "How much it gets in comparison with the others.", defaultText: "1"));

    /// <summary>A URL, or one with a weight.</summary>
    public static readonly WordOrObjectShape<TargetOptions, TargetPlan> Any =
        new(Scalars.Target, Shape, static url => new TargetOptions { Url = url });

    /// <summary>Where it is.</summary>
    public Located<TargetPlan>? Url { get; set; }

    /// <summary>Its weight; null: 1.</summary>
    public Located<int>? Weight { get; set; }
}
