using System.Linq;

namespace Edge.Core.Configuration.Reading;

/// <summary>Finds what somebody probably meant.</summary>
internal static class Nearest
{
    /// <summary>Longest name that is compared; the cost grows with the square of the length.</summary>
    public const int NameCharsMax = 64;

    /// <summary>Most names listed where none is near.</summary>
    public const int ListedNamesMax = 24;

    /// <summary>
    /// The end of a message about an unknown name: <c>did you mean 'x'?</c> where one is near, else the names there are.
    /// </summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">What could have been.</param>
    public static string Suggest(string name, IReadOnlyCollection<string> known)
    {
        if (Find(name, known) is { } nearest) return $"did you mean '{nearest}'?";
        var listed = string.Join(", ", known.Take(ListedNamesMax));
        return known.Count > ListedNamesMax ? $"known: {listed}, ..." : $"known: {listed}";
    }

    /// <summary>The known name that is fewest typing errors away, or null where all are too far to be meant.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        if (name.Length is 0 or > NameCharsMax) return null;
        string? best = null;
        var bestDistance = Math.Min(3, Math.Max(1, name.Length / 3)) + 1;
        foreach (var candidate in known)
        {
            if (Math.Abs(candidate.Length - name.Length) >= bestDistance || candidate.Length > NameCharsMax) continue;
            var distance = Distance(name, candidate);
            if (distance >= bestDistance) continue;
            best = candidate;
            bestDistance = distance;
        }

        return best;
    }

    /// <summary>
    /// Insertions, deletions, replacements and swaps of neighbours between two names, whatever their case (the optimal
    /// string alignment distance).
    /// </summary>
    private static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= right.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                var best = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                    best = Math.Min(best, rows[i - 2, j - 2] + 1);
                rows[i, j] = best;
            }
        }

        return rows[left.Length, right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
