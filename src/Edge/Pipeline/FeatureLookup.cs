using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// Features of a request by their type. The framework's own <c>Get</c> is a generic method of an interface, which the native
/// runtime looks up by name the first time for each feature: 2 ms before the first answer.
/// </summary>
internal static class FeatureLookup
{
    /// <summary>The feature, or null.</summary>
    public static T? Find<T>(this IFeatureCollection features)
        where T : class => (T?)features[typeof(T)];

    /// <summary>The feature.</summary>
    /// <exception cref="InvalidOperationException">The server has none.</exception>
    public static T Require<T>(this IFeatureCollection features)
        where T : class => features.Find<T>() ?? throw new InvalidOperationException($"There is no {typeof(T)}.");
}
