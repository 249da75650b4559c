namespace Edge.Core.Resilience;

/// <summary>What a request that waited for an upstream tells of how that bears what it is asked.</summary>
public enum OverloadOutcome : byte
{
    /// <summary>Nothing: the caller left, or the way was broken.</summary>
    Unknown,

    /// <summary>It began an answer.</summary>
    Answered,

    /// <summary>It said that it was too much, or gave no answer in time.</summary>
    Refused,
}
