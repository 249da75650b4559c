using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Telemetry;

/// <summary>An attempt at a target that is over, as traces tell it.</summary>
/// <param name="Upstream">Whose target it was.</param>
/// <param name="Target">The target.</param>
/// <param name="Model">The model that was asked for; null: nobody knows.</param>
/// <param name="Number">Which of the request's attempts it was, from 1.</param>
/// <param name="Span">The id that went upstream.</param>
/// <param name="BeganNs">When it began, in nanoseconds since the request did.</param>
/// <param name="EndedNs">When it ended, likewise.</param>
/// <param name="Status">The status of the answer; 0: there was none.</param>
/// <param name="Failure">How it failed.</param>
/// <param name="IsHedge">It was begun beside another one.</param>
internal readonly record struct AttemptRecord(
    UpstreamPlan Upstream, TargetPlan Target, string? Model, int Number, ulong Span, long BeganNs, long EndedNs, int Status,
    Failure Failure, bool IsHedge);
