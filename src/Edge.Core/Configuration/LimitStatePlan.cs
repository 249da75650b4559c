namespace Edge.Core.Configuration;

/// <summary>Where quotas and budgets are kept, so that a restart forgives nothing.</summary>
/// <param name="File">The absolute path of the file.</param>
/// <param name="Every">How often what has changed is written.</param>
public sealed record LimitStatePlan(string File, TimeSpan Every);
