using Edge.Core.Llm;

namespace Edge.Telemetry;

/// <summary>What a request has used, as the usage log tells it.</summary>
internal readonly record struct UsageEntry
{
    /// <summary>When the request was over, in UTC.</summary>
    public DateTime Time { get; init; }

    /// <summary>The route's name.</summary>
    public string? Route { get; init; }

    /// <summary>The upstream's name.</summary>
    public string? Upstream { get; init; }

    /// <summary>Who called; null: nobody was asked.</summary>
    public string? Caller { get; init; }

    /// <summary>Who vouches for it.</summary>
    public string? Source { get; init; }

    /// <summary>The caller's tier.</summary>
    public string? Tier { get; init; }

    /// <summary>The model that was asked for upstream.</summary>
    public string? Model { get; init; }

    /// <summary>The request's identifier.</summary>
    public string? RequestId { get; init; }

    /// <summary>The answer was a stream.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>How the request failed, as a code; null: it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>What that costs, in millionths of a dollar; null: nobody knows.</summary>
    public long? MicroDollars { get; init; }

    /// <summary>It was answered from memory.</summary>
    public bool IsHit { get; init; }

    /// <summary>It was answered by a call that another made.</summary>
    public bool IsCollapsed { get; init; }

    /// <summary>It was given the answer to another question.</summary>
    public bool IsNear { get; init; }

    /// <summary>Tokens that comparing its question took.</summary>
    public long EmbeddingTokens { get; init; }

    /// <summary>What they cost, in millionths of a dollar; null: nobody knows.</summary>
    public long? EmbeddingMicroDollars { get; init; }

    /// <summary>What it would have used else.</summary>
    public UsageCounts Saved { get; init; }

    /// <summary>What it used.</summary>
    public RequestUsage Usage { get; init; }
}
