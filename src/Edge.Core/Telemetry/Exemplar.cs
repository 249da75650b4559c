namespace Edge.Core.Telemetry;

/// <summary>A recorded value and the trace in which it can be looked at.</summary>
/// <param name="Value">In the metric's unit.</param>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="SpanId">16 hexadecimal digits.</param>
/// <param name="Time">When.</param>
public sealed record Exemplar(double Value, string TraceId, string SpanId, DateTimeOffset Time);
