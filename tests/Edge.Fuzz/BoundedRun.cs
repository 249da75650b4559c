using System.Diagnostics;

namespace Edge.Fuzz;

/// <summary>
/// Runs an entry point on changed inputs in this process, for a bounded time, and always in the same order with the same seed:
/// what can be done where neither AFL nor libFuzzer is. It does not see which code ran, but which way an input was read, and goes
/// on from inputs that were read in a new way.
/// </summary>
internal sealed class BoundedRun(FuzzTarget target, int seed)
{
    /// <summary>Inputs that are kept to be changed further.</summary>
    private const int KeptMax = 4096;

    /// <summary>Time that no input may take.</summary>
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(2);

    private readonly Mutator _mutator = new(seed);
    private readonly List<byte[]> _kept = [.. target.Seeds];
    private readonly HashSet<int> _ways = [];

    /// <summary>Inputs read.</summary>
    public long Count { get; private set; }

    /// <summary>Ways in which they were read.</summary>
    public int Ways => _ways.Count;

    /// <summary>Goes on for so long. The input that breaks something is the result, else null.</summary>
    public (byte[] Input, Exception Fault)? Go(TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var input in target.Seeds)
        {
            if (Try(input) is { } fault)
            {
                return (input, fault);
            }
        }

        while (Stopwatch.GetElapsedTime(start) < time)
        {
            var input = _mutator.Change(_kept[_mutator.Pick(_kept.Count)], _kept[_mutator.Pick(_kept.Count)]);
            if (Try(input) is { } fault)
            {
                return (input, fault);
            }
        }

        return null;
    }

    private Exception? Try(byte[] input)
    {
        Count++;
        var start = Stopwatch.GetTimestamp();
        try
        {
            var way = target.Run(input);
            if (_ways.Add(way) && _kept.Count < KeptMax)
            {
                _kept.Add(input);
            }
        }
        catch (Exception exception)
        {
            return exception;
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        return elapsed > SlowAfter ? new FuzzException($"took {elapsed.TotalSeconds:0.0} s") : null;
    }
}
