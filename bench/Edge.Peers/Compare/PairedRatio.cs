namespace Edge.Peers.Compare;

/// <summary>
/// How one value relates to another, from pairs that were measured right after each other: the geometric mean of their ratios,
/// and the interval in which the true one lies in 95 of 100 such runs. The interval is Student's t on the logarithms of the
/// ratios, so that half and double are equally far from one. What the machine did to both of a pair cancels out.
/// </summary>
/// <param name="Ratio">The second over the first.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
internal readonly record struct PairedRatio(double Ratio, double Low, double High)
{
    /// <summary>The fewest pairs that an interval is made of.</summary>
    public const int PairsMin = 5;

    // The normal distribution's 97.5th percentile.
    private const double Normal = 1.959963984540054;

    /// <summary>Of values that belong together by their place.</summary>
    /// <exception cref="ArgumentException">There are too few, or not as many of the one as of the other.</exception>
    public static PairedRatio Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var count = first.Count;
        if (count < PairsMin || second.Count != count)
        {
            throw new ArgumentException($"An interval takes at least {PairsMin} whole pairs.");
        }

        double[] logs = [.. Enumerable.Range(0, count).Select(i => Math.Log(second[i] / first[i]))];
        var mean = logs.Average();
        var variance = logs.Sum(log => (log - mean) * (log - mean)) / (count - 1);
        var half = StudentT(count - 1) * Math.Sqrt(variance / count);
        return new PairedRatio(Math.Exp(mean), Math.Exp(mean - half), Math.Exp(mean + half));
    }

    /// <summary>
    /// Student's t, 97.5th percentile, by its expansion in the degrees of freedom (Cornish and Fisher): right to half a percent
    /// from four degrees on.
    /// </summary>
    public static double StudentT(int degrees)
    {
        const double Z = Normal;
        var z3 = Z * Z * Z;
        var z5 = z3 * Z * Z;
        var z7 = z5 * Z * Z;
        var first = (z3 + Z) / 4;
        var second = ((5 * z5) + (16 * z3) + (3 * Z)) / 96;
        var third = ((3 * z7) + (19 * z5) + (17 * z3) - (15 * Z)) / 384;
        double n = degrees;
        return Z + (first / n) + (second / (n * n)) + (third / (n * n * n));
    }
}
