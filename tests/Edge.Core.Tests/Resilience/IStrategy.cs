using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

/// <summary>A way to find out how many may wait at once; the simulation compares some.</summary>
internal interface IStrategy
{
    public int Limit { get; }

    public void Note(int waiting);

    public void Answered(double seconds, double now);
}

/// <summary>What the product does.</summary>
internal sealed class ProductStrategy(int min, int max) : IStrategy
{
    private readonly AdaptiveLimit _limit = new(min, max);

    public int Limit => _limit.Current;

    public void Note(int waiting) => _limit.Note(waiting);

    public void Answered(double seconds, double now) => _limit.Answered((long)(seconds * 1e9), (long)(now * 1e9) + 1);
}

/// <summary>No limit at all.</summary>
internal sealed class NoStrategy : IStrategy
{
    public int Limit => int.MaxValue;

    public void Note(int waiting)
    {
    }

    public void Answered(double seconds, double now)
    {
    }
}

/// <summary>What the others have in common: they adjust after a run of answers.</summary>
internal abstract class RunStrategy(int min, int max) : IStrategy
{
    private double _sum;
    private int _count;
    private int _peak;

    public int Limit => (int)Value;

    protected double Value { get; set; } = AdaptiveLimit.Start;

    public void Note(int waiting) => _peak = Math.Max(_peak, waiting);

    public void Answered(double seconds, double now)
    {
        _sum += Math.Log(seconds);
        if (++_count < Math.Max(AdaptiveLimit.RunMin, Limit))
        {
            return;
        }

        Adjust(Math.Exp(_sum / _count), _peak >= Value * 0.8);
        Value = Math.Clamp(Value, min, max);
        (_sum, _count, _peak) = (0, 0, 0);
    }

    protected abstract void Adjust(double mean, bool isUsed);
}

/// <summary>One more for each run that is fast, a tenth less for each that is slow, by the least that was ever seen.</summary>
internal sealed class AimdStrategy(int min, int max) : RunStrategy(min, max)
{
    private double _base = double.MaxValue;

    protected override void Adjust(double mean, bool isUsed)
    {
        _base = mean < _base ? mean : _base + ((mean - _base) * 0.001);
        Value = !isUsed ? Value : mean > 2 * _base ? Value * 0.9 : Value + 1;
    }
}

/// <summary>A gradient against a slow moving average, as some libraries have it.</summary>
internal sealed class MovingAverageStrategy(int min, int max) : RunStrategy(min, max)
{
    private double _long;

    protected override void Adjust(double mean, bool isUsed)
    {
        _long = _long == 0 ? mean : (_long * 0.98) + (mean * 0.02);
        if (isUsed)
        {
            var gradient = Math.Clamp(1.5 * _long / mean, 0.5, 1);
            Value = (Value * 0.8) + (0.2 * ((Value * gradient) + Math.Sqrt(Value)));
        }
    }
}
