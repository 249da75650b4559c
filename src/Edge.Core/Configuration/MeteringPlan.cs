namespace Edge.Core.Configuration;

/// <summary>How tokens are counted.</summary>
/// <param name="UsageHeader">Callers are told in a header.</param>
public sealed record MeteringPlan(bool UsageHeader);
