namespace Edge.Core.Configuration;

/// <summary>How a route answers questions by what was answered to others like them.</summary>
public sealed record SemanticPlan
{
    /// <summary>The name of the upstream that turns questions into vectors.</summary>
    public required string Upstream { get; init; }

    /// <summary>The model that it is asked for.</summary>
    public required string Model { get; init; }

    /// <summary>Numbers in a vector. An answer with another count is none.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Least cosine of the angle between two questions that count as one.</summary>
    public required double Threshold { get; init; }

    /// <summary>How long the vector is waited for; then the request goes upstream.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Most vectors that are kept.</summary>
    public required int EntriesMax { get; init; }
}
