using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Planning;

/// <summary>Shorter ways to values that may not be there.</summary>
internal static class OptionExtensions
{
    /// <summary>The items of a list; none where there is no list.</summary>
    public static List<T> Items<T>(this Located<List<T>>? list) => list?.Value ?? [];

    /// <summary>A value that is there, as it must be once all checks have passed: by default or by requirement.</summary>
    public static T Get<T>(this Located<T>? value) => value!.Value.Value;
}
