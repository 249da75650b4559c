namespace Edge.Core.Configuration;

/// <summary>A share of a route's requests is sent to another upstream too, whose answers nobody gets.</summary>
/// <param name="Upstream">The other one.</param>
/// <param name="Share">Of all requests, this share.</param>
/// <param name="AtOnce">Most copies under way; one more is not made.</param>
public sealed record ShadowPlan(UpstreamPlan Upstream, double Share, int AtOnce);
