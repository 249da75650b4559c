namespace Edge.Load.Plan;

/// <summary>
/// The spaces between arrivals, known by their median and their 99th percentile. Independent callers make exponential gaps,
/// whose quantile is a straight line over -ln(1 - part); real ones have a longer tail, so there are two lines, and the second
/// goes on beyond the 99th percentile. For the conversation trace that gives a mean of 184 ms; the trace itself has 186.
/// </summary>
internal sealed class GapQuantiles
{
    private static readonly double MedianX = -Math.Log(1 - 0.5);
    private static readonly double HighX = -Math.Log(1 - 0.99);

    private readonly double _medianMs;
    private readonly double _slope;
    private readonly double _tailSlope;

    /// <summary>Both in milliseconds.</summary>
    public GapQuantiles(double medianMs, double p99Ms)
    {
        _medianMs = medianMs;
        _slope = medianMs / MedianX;
        _tailSlope = (p99Ms - medianMs) / (HighX - MedianX);
    }

    /// <summary>The mean: the area under both lines, weighted with the exponential density.</summary>
    public double MeanMs => (_slope + _tailSlope) / 2;

    /// <summary>The space that this part of all is below, in milliseconds.</summary>
    public double At(double part)
    {
        var x = -Math.Log(1 - part);
        return x <= MedianX ? _slope * x : _medianMs + (_tailSlope * (x - MedianX));
    }
}
