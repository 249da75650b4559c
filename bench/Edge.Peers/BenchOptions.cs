namespace Edge.Peers;

/// <summary>What is measured, and how often.</summary>
internal sealed record BenchOptions
{
    /// <summary>Path of Edge's binary.</summary>
    public required string Edge { get; init; }

    /// <summary>Path of the program that hosts YARP.</summary>
    public required string Yarp { get; init; }

    /// <summary>Rounds: in each, every peer is measured once in every scenario.</summary>
    public required int Rounds { get; init; }

    /// <summary>Names of the peers; empty: all.</summary>
    public required string[] Peers { get; init; }

    /// <summary>Names of the scenarios; empty: all.</summary>
    public required string[] Scenarios { get; init; }

    /// <summary>Whether a peer of this name is wanted.</summary>
    public bool WantsPeer(string name) => Peers.Length == 0 || Array.IndexOf(Peers, name) >= 0;

    /// <summary>Whether a scenario of this name is wanted.</summary>
    public bool WantsScenario(string name) => Scenarios.Length == 0 || Array.IndexOf(Scenarios, name) >= 0;
}
