namespace Edge.Core.Configuration;

/// <summary>A share of a route's requests goes to another upstream.</summary>
/// <param name="Upstream">The other one.</param>
/// <param name="Weight">Of all callers, or of all requests, this share.</param>
/// <param name="ByCaller">The same caller always goes the same way; else chance decides for each request.</param>
public sealed record CanaryPlan(UpstreamPlan Upstream, double Weight, bool ByCaller);
