namespace Edge.Load.Plan;

/// <summary>A distribution known by some of its percentiles: between two of them every value is as likely as another.</summary>
internal sealed class Quantiles
{
    private readonly (double Part, double Value)[] _points;

    /// <summary>From the least (part 0) to the most (part 1).</summary>
    public Quantiles(params (double Part, double Value)[] points) => _points = points;

    /// <summary>The value that this part of all is below.</summary>
    public double At(double part)
    {
        var i = 1;
        while (i < _points.Length - 1 && part > _points[i].Part)
        {
            i++;
        }

        var (low, high) = (_points[i - 1], _points[i]);
        return low.Value + ((part - low.Part) / (high.Part - low.Part) * (high.Value - low.Value));
    }
}
