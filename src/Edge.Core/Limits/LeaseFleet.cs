namespace Edge.Core.Limits;

/// <summary>What happens to requests while the common store cannot be reached.</summary>
public enum WhenDown : byte
{
    /// <summary>Each replica goes on with its share: the limit divided by the replicas last seen.</summary>
    Open,

    /// <summary>They are refused.</summary>
    Closed,
}

/// <summary>What a replica knows of the common store and of the other replicas. Safe from any thread.</summary>
/// <param name="whenDown">What happens while the store is away.</param>
public sealed class LeaseFleet(WhenDown whenDown)
{
    private volatile bool _isDown;
    private volatile int _replicas = 1;
    private long _offsetMicros = long.MinValue;

    /// <summary>What happens while the store is away.</summary>
    public WhenDown WhenDown => whenDown;

    /// <summary>True while the store does not answer.</summary>
    public bool IsDown
    {
        get => _isDown;
        set => _isDown = value;
    }

    /// <summary>Replicas that the store last knew of, this one included; at least 1.</summary>
    public int Replicas
    {
        get => _replicas;
        set => _replicas = Math.Max(value, 1);
    }

    /// <summary>Notes the store's clock, as it was told in a reply that arrived at a local time.</summary>
    public void Observe(long storeMicros, long nowNs) => Volatile.Write(ref _offsetMicros, storeMicros - (nowNs / 1000));

    /// <summary>About what the store's clock says; the wall clock where it never answered.</summary>
    public long StoreMicros(long nowNs, LimitClock clock)
    {
        var offset = Volatile.Read(ref _offsetMicros);
        return offset == long.MinValue ? clock.UtcMicros : offset + (nowNs / 1000);
    }
}

/// <summary>One of the servers that a store is made of, where each has some of the keys. Safe from any thread.</summary>
public sealed class LeaseShard
{
    private volatile bool _isDown;

    /// <summary>True while it does not answer.</summary>
    public bool IsDown
    {
        get => _isDown;
        set => _isDown = value;
    }
}
