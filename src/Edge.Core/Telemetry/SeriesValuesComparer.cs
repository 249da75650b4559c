using System.Diagnostics.CodeAnalysis;

namespace Edge.Core.Telemetry;

/// <summary>Compares the values of a series' labels one by one.</summary>
internal sealed class SeriesValuesComparer : IEqualityComparer<string[]>
{
    /// <summary>The only one.</summary>
    internal static readonly SeriesValuesComparer Instance = new();

    /// <inheritdoc/>
    public bool Equals(string[]? x, string[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] string[] obj)
    {
        var hash = default(HashCode);
        foreach (var value in obj)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }
}
