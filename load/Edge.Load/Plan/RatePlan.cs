using System.Globalization;

namespace Edge.Load.Plan;

/// <summary>
/// How many arrivals a second there are to be, and when: one rate, several steps of equal length, or a ramp. It turns the
/// number of an arrival into its moment, so that a plan can be asked for the thousandth arrival without knowing the answers to
/// the first 999.
/// </summary>
internal sealed class RatePlan
{
    /// <summary>Most arrivals a second.</summary>
    public const double RateMax = 1_000_000;

    private const long SecondNs = 1_000_000_000;

    private readonly Segment[] _segments;

    private RatePlan(string text, Segment[] segments)
    {
        Text = text;
        _segments = segments;
    }

    /// <summary>As it was written: <c>500</c>, <c>100,200,400</c> or <c>100-1000</c>.</summary>
    public string Text { get; }

    /// <summary>How long it goes on, without warm-up.</summary>
    public TimeSpan Duration { get; private init; }

    /// <summary>How many arrivals it has.</summary>
    public double Arrivals => _segments[^1].EndArrival;

    /// <summary>How many arrivals a second it begins with.</summary>
    public double FirstRate => _segments[0].FromRate;

    /// <summary>The rates of its steps; one unless the plan has several.</summary>
    public double[] StepRates => Array.ConvertAll(_segments, static segment => segment.ToRate);

    /// <summary>Whether the rate rises or falls all the time.</summary>
    public bool IsRamp => _segments[0].FromRate != _segments[0].ToRate;

    /// <summary>Reads a plan.</summary>
    /// <param name="rate">A rate, rates with commas between, or two with a dash.</param>
    /// <param name="duration">The whole of it.</param>
    /// <exception cref="FormatException">It is none of these, or out of bounds; the message says what would be.</exception>
    public static RatePlan Parse(string rate, TimeSpan duration)
    {
        var isRamp = rate.Contains('-', StringComparison.Ordinal);
        var rates = Array.ConvertAll(rate.Split(isRamp ? '-' : ','), ParseRate);
        if (isRamp && rates.Length != 2)
        {
            throw new FormatException($"'{rate}' is no ramp: write it as 100-1000.");
        }

        if (duration <= TimeSpan.Zero)
        {
            throw new FormatException("A run lasts longer than nothing.");
        }

        var segments = new Segment[isRamp ? 1 : rates.Length];
        var arrival = 0.0;
        for (var i = 0; i < segments.Length; i++)
        {
            var seconds = duration.TotalSeconds / segments.Length;
            var (from, to) = isRamp ? (rates[0], rates[1]) : (rates[i], rates[i]);
            segments[i] = new Segment(arrival, i * seconds, seconds, from, to);
            arrival = segments[i].EndArrival;
        }

        return new RatePlan(rate, segments) { Duration = duration };
    }

    /// <summary>When an arrival is due, in nanoseconds from the plan's beginning; null when it comes after its end.</summary>
    /// <param name="arrival">Its number, counted from 0; between two numbers lie the moments between.</param>
    public long? DueNs(double arrival)
    {
        foreach (var segment in _segments)
        {
            if (arrival < segment.EndArrival)
            {
                return (long)(segment.SecondOf(arrival) * SecondNs);
            }
        }

        return null;
    }

    /// <summary>The step that a moment belongs to.</summary>
    public int StepAt(long ns) => Math.Clamp((int)(ns / (Duration.TotalNanoseconds / _segments.Length)), 0, _segments.Length - 1);

    private static double ParseRate(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
            && rate is > 0 and <= RateMax
            ? rate
            : throw new FormatException(
                $"'{text}' is no rate: a rate is a number of arrivals a second, more than 0 and at most {RateMax:0}.");

    private readonly record struct Segment(
        double BeginArrival, double BeginSecond, double Seconds, double FromRate, double ToRate)
    {
        public double EndArrival => BeginArrival + (Seconds * (FromRate + ToRate) / 2);

        // Arrivals grow with the square of the time while the rate grows with the time: the root of that.
        public double SecondOf(double arrival)
        {
            var within = arrival - BeginArrival;
            var growth = (ToRate - FromRate) / Seconds;
            return BeginSecond + (growth == 0
                ? within / FromRate
                : (Math.Sqrt((FromRate * FromRate) + (2 * growth * within)) - FromRate) / growth);
        }
    }
}
