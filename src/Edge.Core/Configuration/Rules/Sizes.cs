using System.Globalization;
using System.Linq;

namespace Edge.Core.Configuration.Rules;

/// <summary>Numbers of bytes as the file writes them, whole with a unit: <c>512B</c>, <c>64KiB</c>, <c>10MB</c>.</summary>
internal static class Sizes
{
    /// <summary>What JSON Schema can say of a size.</summary>
    public const string Pattern = "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$";

    private static readonly (string Name, long Bytes)[] Units =
    [
        ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1),
    ];

    /// <summary>Reads a size. One that is too large for a <see cref="long"/> is read as the largest there is.</summary>
    /// <returns>False for anything else.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0) return false;
        foreach (var (name, unitBytes) in Units)
        {
            if (!text.AsSpan(digits).SequenceEqual(name)) continue;
            var fits = long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= long.MaxValue / unitBytes;
            bytes = fits ? count * unitBytes : long.MaxValue;
            return true;
        }

        return false;
    }

    /// <summary>Writes a size so that <see cref="TryParse"/> reads it.</summary>
    public static string Format(long bytes)
    {
        if (bytes == 0) return "0B";
        var (name, unitBytes) = Units.First(u => bytes % u.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unitBytes}{name}");
    }
}
