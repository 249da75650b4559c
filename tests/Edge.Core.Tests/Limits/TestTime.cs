namespace Edge.Core.Tests.Limits;

/// <summary>Time that passes when a test says so; the wall clock and the timestamps can part ways.</summary>
internal sealed class TestTime : TimeProvider
{
    private long _nanos;

    public DateTimeOffset Utc { get; set; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Volatile.Read(ref _nanos);

    public override DateTimeOffset GetUtcNow() => Utc;

    public void Advance(TimeSpan time)
    {
        Interlocked.Add(ref _nanos, time.Ticks * 100);
        Utc += time;
    }
}
