using System.Globalization;

namespace Edge.Load.Plan;

/// <summary>Durations as they are written on the command line: <c>500ms</c>, <c>20s</c>, <c>5m</c>.</summary>
internal static class Durations
{
    /// <summary>The longest.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromHours(24);

    private const NumberStyles Number = NumberStyles.AllowDecimalPoint;

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none, or longer than <see cref="Max"/>.</exception>
    public static TimeSpan Parse(string text)
    {
        foreach (var (unit, seconds) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), Number, CultureInfo.InvariantCulture, out var n)
                && n * seconds <= Max.TotalSeconds)
            {
                return TimeSpan.FromSeconds(n * seconds);
            }
        }

        throw new FormatException($"'{text}' is no duration: write it as 500ms, 20s, 5m or 1h.");
    }
}
