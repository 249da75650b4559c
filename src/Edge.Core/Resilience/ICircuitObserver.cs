namespace Edge.Core.Resilience;

/// <summary>Is told when a circuit changes. Called by whichever thread made it change, under no lock.</summary>
public interface ICircuitObserver
{
    /// <summary>The circuit is in this state from now on.</summary>
    public void Changed(CircuitState state);
}
