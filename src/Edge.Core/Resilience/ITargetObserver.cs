namespace Edge.Core.Resilience;

/// <summary>What happens to a target.</summary>
public enum TargetEvent
{
    /// <summary>Its circuit has opened.</summary>
    Opened,

    /// <summary>Its circuit lets trials through.</summary>
    HalfOpened,

    /// <summary>Its circuit has closed again.</summary>
    Closed,

    /// <summary>It did worse than the others, or failed too often in a row, and is ejected for a time.</summary>
    Ejected,

    /// <summary>Health checks have taken it out.</summary>
    Unhealthy,

    /// <summary>Health checks have taken it in again.</summary>
    Healthy,
}

/// <summary>Is told what happens to targets, by whichever thread it happened on, under no lock.</summary>
public interface ITargetObserver
{
    /// <summary>It has happened.</summary>
    public void Told(TargetState target, TargetEvent what);
}
