namespace Edge.Core.Configuration;

/// <summary>How many failed authentications one address may have.</summary>
/// <param name="Failures">As many at once; then one more each time that <paramref name="Within"/> / this many has passed.</param>
/// <param name="Within">The time in which as many are forgotten.</param>
public sealed record FailureLimitPlan(int Failures, TimeSpan Within);
