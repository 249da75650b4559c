using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Telemetry;

/// <summary>An attempt at a target that is over, as traces tell it.</summary>
/// <param name="Target">The target.</param>
/// <param name="Span">The id that went upstream.</param>
/// <param name="BeganNs">When it began, in nanoseconds since the request did.</param>
/// <param name="EndedNs">When it ended, likewise.</param>
/// <param name="Status">The status of the answer; 0: there was none.</param>
/// <param name="Failure">How it failed.</param>
internal readonly record struct AttemptRecord(
    TargetPlan Target, ulong Span, long BeganNs, long EndedNs, int Status, Failure Failure);
