namespace Edge.Core.Configuration;

/// <summary>How well a route is to serve.</summary>
/// <param name="Availability">The share of requests that are served, below 1; null: no objective.</param>
/// <param name="FirstTokenWithin">The longest that the first bytes of a stream may take; null: no objective.</param>
/// <param name="FirstTokenShare">The share of streams that are in time, below 1.</param>
public sealed record SloPlan(double? Availability, TimeSpan? FirstTokenWithin, double FirstTokenShare);
