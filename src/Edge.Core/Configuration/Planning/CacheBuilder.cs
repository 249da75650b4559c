using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes the part of the plan that says what is answered from memory, of options in which nothing is wrong.</summary>
internal static class CacheBuilder
{
    /// <summary>What a route answers from memory; null: nothing.</summary>
    public static CachePlan? Cache(Optional<CacheOptions> options) => options is not { HasValue: true, Value: { } cache }
        ? null
        : new CachePlan
        {
            Ttl = cache.Ttl?.Value,
            Scope = cache.Scope.Get(),
            VaryHeaders =
            [
                .. cache.VaryOn.Items().Where(static p => p.Value != CacheRules.Body)
                    .Select(static p => p.Value[CacheRules.HeaderPrefix.Length..]),
            ],
            ObjectBytesMax = cache.MaxObject.Get(),
            StaleIfError = cache.StaleIfError.Get(),
            TemperatureMax = cache.TemperatureMax.Get(),
            Tools = cache.Tools.Get(),
            Converts = cache.Convert.Get(),
            ReplayEvery = cache.ReplayEvery?.Value,
            IsShared = cache.Store.Get(),
            Tags = [.. cache.Tags.Items().Select(static t => t.Value)],
            CallerDirectives = cache.CallerDirectives.Get(),
            TargetedFields = cache.TargetedFields is null
                ? [CacheOptions.TargetedFieldDefault]
                : [.. cache.TargetedFields.Items().Select(static f => f.Value)],
            NoCacheTiers = [.. cache.NoCacheTiers.Items().Select(static t => t.Value)],
            Semantic = cache.Semantic is { Value: var semantic } ? Semantic(semantic) : null,
        };

    private static SemanticPlan Semantic(SemanticOptions semantic) => new()
    {
        Upstream = semantic.Upstream.Get(),
        Model = semantic.Model.Get(),
        Dimensions = semantic.Dimensions.Get(),
        Threshold = semantic.Threshold.Get(),
        Timeout = semantic.Timeout.Get(),
        EntriesMax = semantic.EntriesMax.Get(),
    };
}
