namespace Edge.Core.Resilience;

/// <summary>
/// An order in which targets come round as often as their weights say, and evenly: one with weight 2 of 5 never twice in a row.
/// Made once, so that a turn is an increment. Immutable.
/// </summary>
public static class TurnSchedule
{
    /// <summary>Most turns of a round; weights that need more are rounded, and each target keeps at least one.</summary>
    public const int TurnsMax = 4096;

    /// <summary>Makes the order.</summary>
    /// <param name="targets">Their numbers.</param>
    /// <param name="weights">Weights, above 0, by number.</param>
    public static ushort[] Make(ReadOnlySpan<int> targets, ReadOnlySpan<double> weights)
    {
        if (targets.IsEmpty)
        {
            return [];
        }

        var turns = Turns(targets, weights);
        var total = 0;
        foreach (var count in turns)
        {
            total += count;
        }

        // Each target's turns stand in the middles of equal parts of the round, as deadlines; ties go by number.
        var keys = new double[total];
        var order = new ushort[total];
        var next = 0;
        for (var i = 0; i < turns.Length; i++)
        {
            for (var turn = 0; turn < turns[i]; turn++)
            {
                keys[next] = ((turn + 0.5) * total / turns[i]) + (i * 1e-6);
                order[next++] = (ushort)targets[i];
            }
        }

        Array.Sort(keys, order);
        return order;
    }

    // Whole weights keep their exact proportions where these fit.
    private static int[] Turns(ReadOnlySpan<int> targets, ReadOnlySpan<double> weights)
    {
        var turns = new int[targets.Length];
        double sum = 0;
        var isWhole = true;
        var divisor = 0L;
        foreach (var target in targets)
        {
            sum += weights[target];
            isWhole &= weights[target] is >= 1 and <= TurnsMax && double.IsInteger(weights[target]);
            divisor = isWhole ? Gcd(divisor, (long)weights[target]) : 1;
        }

        isWhole &= sum / Math.Max(1, divisor) <= TurnsMax;
        for (var i = 0; i < turns.Length; i++)
        {
            var weight = weights[targets[i]];
            turns[i] = isWhole ? (int)((long)weight / divisor) : Math.Max(1, (int)Math.Round(weight / sum * (TurnsMax / 2)));
        }

        return turns;
    }

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
}
