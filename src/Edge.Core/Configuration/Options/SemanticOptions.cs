using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>semantic</c> of a cache as written.</summary>
internal sealed class SemanticOptions
{
    /// <summary>Most vectors: all of a partition are compared for each question.</summary>
    public const int EntriesMost = 20_000;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<SemanticOptions> Shape = new(
        "semantic", "settings of the semantic cache",
        "Before LLMs: a question that is new is answered with what was answered to another much like it. The answer may be " +
        "wrong: see [caching.md](caching.md#questions-that-are-alike).",
        new Key<SemanticOptions, string>(
            "upstream", Scalars.Name, (o, v) => o.Upstream = v,
            "Who turns questions into vectors: an upstream of dialect `openai`, which is asked by `POST /v1/embeddings`. It " +
            "may be the route's own.", isRequired: true),
        new Key<SemanticOptions, string>(
            "model", BodyScalars.ModelName, (o, v) => o.Model = v, "The model for that.", isRequired: true),
        new Key<SemanticOptions, int>(
            "dimensions", Scalars.Count(1, Caching.VectorIndex.DimensionsMax), (o, v) => o.Dimensions = v,
            "Numbers in its vectors; a vector with another count is not used.", isRequired: true),
        new Key<SemanticOptions, double>(
            "threshold", CacheRules.Threshold, (o, v) => o.Threshold = v,
            "Least cosine of the angle between the vectors of two questions that count as the same. How to choose it is said " +
            "on that page.", defaultText: "0.95"),
        new Key<SemanticOptions, TimeSpan>(
            "timeout", Scalars.Duration(), (o, v) => o.Timeout = v,
            "How long a vector is waited for before the request goes upstream as if there were no such cache.",
            defaultText: "500ms"),
        new Key<SemanticOptions, int>(
            "entriesMax", Scalars.Count(1, EntriesMost), (o, v) => o.EntriesMax = v,
            "Most vectors that are kept, each of `dimensions` times 4 bytes, beside `cacheStore.sizeMax`. A new one takes the " +
            "place of the oldest.", defaultText: "2000"));

    /// <summary>Who makes vectors.</summary>
    public Located<string>? Upstream { get; set; }

    /// <summary>By which model.</summary>
    public Located<string>? Model { get; set; }

    /// <summary>Their length.</summary>
    public Located<int>? Dimensions { get; set; }

    /// <summary>How near.</summary>
    public Located<double>? Threshold { get; set; }

    /// <summary>Patience.</summary>
    public Located<TimeSpan>? Timeout { get; set; }

    /// <summary>How many.</summary>
    public Located<int>? EntriesMax { get; set; }
}
