namespace Edge.Core.Telemetry;

/// <summary>A span that is over, as it is exported. Made for those traces alone that are kept.</summary>
public sealed class SpanRecord
{
    /// <summary>Trace, id of this span, and whether the trace was chosen to be kept.</summary>
    public required TraceParent Id { get; init; }

    /// <summary>The span that asked; 0: none.</summary>
    public ulong ParentSpan { get; init; }

    /// <summary>The caller's <c>tracestate</c>; null: none.</summary>
    public string? State { get; init; }

    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>It asked somebody else (CLIENT); else it answered (SERVER).</summary>
    public bool IsClient { get; init; }

    /// <summary>When it began, in nanoseconds since 1970.</summary>
    public required long StartNanos { get; init; }

    /// <summary>When it ended.</summary>
    public required long EndNanos { get; init; }

    /// <summary>It failed.</summary>
    public bool IsError { get; init; }

    /// <summary>Its attributes; values are text, whole or floating-point numbers, or booleans. Null ones are left out.</summary>
    public required KeyValuePair<string, object?>[] Attributes { get; init; }

    /// <summary>What happened in it, in nanoseconds since 1970.</summary>
    public (string Name, long Nanos)[] Events { get; init; } = [];
}
