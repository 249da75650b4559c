namespace Edge.Core.Telemetry;

/// <summary>
/// A sum that many threads add to, in the way of <see cref="StripedCells"/>. It never goes back but by a negative amount.
/// Thread-safe.
/// </summary>
public sealed class StripedCounter
{
    private readonly StripedCells _cell = StripedCells.Make(1);

    /// <summary>The sum.</summary>
    public long Value => _cell.Sum(0);

    /// <summary>Adds one.</summary>
    public void Increment() => Add(1);

    /// <summary>Takes one away.</summary>
    public void Decrement() => Add(-1);

    /// <summary>Adds an amount, which may be negative where the sum stands for what there is now.</summary>
    public void Add(long amount) => _cell.Add(0, amount);
}
