using System.Globalization;
using System.Text;

namespace Edge.Core.Configuration.Rules;

/// <summary>Durations as the file writes them: whole with a unit, the larger first: <c>250ms</c>, <c>1m30s</c>.</summary>
public static class Durations
{
    /// <summary>The longest that the system's timers can wait, in whole days.</summary>
    public const int DurationDaysMax = 24;

    /// <summary>The shortest duration that the file can say: what timers can tell from nothing.</summary>
    public static readonly TimeSpan DurationMin = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest duration that the file can say.</summary>
    public static readonly TimeSpan DurationMax = TimeSpan.FromDays(DurationDaysMax);

    /// <summary>What JSON Schema can say of a duration.</summary>
    public const string Pattern = "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";

    private const long MillisecondsMax = long.MaxValue / TimeSpan.TicksPerMillisecond;

    private static readonly (string Name, long Milliseconds)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Reads a duration. One that is too long for a <see cref="TimeSpan"/> is read as the longest there is.</summary>
    /// <returns>False for anything else.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        if (rest.IsEmpty) return false;
        long total = 0;
        var nextUnit = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0) return false;
            var letters = rest[digits..].IndexOfAnyInRange('0', '9');
            var unitName = letters < 0 ? rest[digits..] : rest.Slice(digits, letters);
            var unit = nextUnit;
            while (unit < Units.Length && !unitName.SequenceEqual(Units[unit].Name)) unit++;
            if (unit == Units.Length) return false;
            var fits = long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= (MillisecondsMax - total) / Units[unit].Milliseconds;
            total = fits ? total + count * Units[unit].Milliseconds : MillisecondsMax;
            nextUnit = unit + 1;
            rest = rest[(digits + unitName.Length)..];
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>Writes a duration of whole milliseconds so that <see cref="TryParse"/> reads it.</summary>
    public static string Format(TimeSpan duration)
    {
        var rest = duration.Ticks / TimeSpan.TicksPerMillisecond;
        if (rest == 0) return "0ms";
        var text = new StringBuilder();
        foreach (var (name, milliseconds) in Units)
        {
            if (rest >= milliseconds) text.Append(CultureInfo.InvariantCulture, $"{rest / milliseconds}{name}");
            rest %= milliseconds;
        }

        return text.ToString();
    }
}
