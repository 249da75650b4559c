using System.Buffers.Binary;

namespace Edge.Core.Telemetry;

/// <summary>
/// Writes lines of logs as an <c>ExportLogsServiceRequest</c> of OTLP 1.x (opentelemetry-proto, logs/v1): a line is a record's
/// body. Used by one thread at a time.
/// </summary>
/// <param name="origin">Who tells.</param>
public sealed class OtlpLogsWriter(OtlpOrigin origin)
{
    private const int FieldAttributes = 6;

    private readonly ProtobufWriter _to = new();
    private (int Outer, int Inner) _open;

    /// <summary>Begins an export.</summary>
    public void Begin()
    {
        _to.Clear();
        _open = origin.Begin(_to);
    }

    /// <summary>Adds a record.</summary>
    /// <param name="head">When, how bad, which log and in which trace.</param>
    /// <param name="body">The line, in UTF-8.</param>
    /// <param name="fields">What <see cref="PutField"/> has written of it.</param>
    public void Put(in OtlpLogHead head, ReadOnlySpan<byte> body, ReadOnlySpan<byte> fields = default)
    {
        var start = _to.Begin(2);
        _to.Fixed64(1, head.Nanos);
        _to.Varint(2, head.Severity);
        var any = _to.Begin(5);
        _to.Bytes(1, body);
        _to.End(any);
        OtlpOrigin.PutAttribute(_to, FieldAttributes, "edge.log", head.Log);
        if (head.EventId != 0)
        {
            OtlpOrigin.PutAttribute(_to, FieldAttributes, "edge.event.id", (long)head.EventId);
        }

        _to.Fields(fields);
        if (head.Span != 0)
        {
            Span<byte> id = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64BigEndian(id, head.TraceHigh);
            BinaryPrimitives.WriteUInt64BigEndian(id[8..], head.TraceLow);
            _to.Bytes(9, id);
            BinaryPrimitives.WriteUInt64BigEndian(id, head.Span);
            _to.Bytes(10, id[..8]);
        }

        _to.Fixed64(11, head.Nanos);
        if (head.Event is { } name)
        {
            _to.Text(12, name);
        }

        _to.End(start);
    }

    /// <summary>Writes an attribute of a record that is put later.</summary>
    /// <param name="to">What has the attributes of one record, and nothing else.</param>
    /// <param name="name">Its name.</param>
    /// <param name="value">Text, a whole or floating-point number, or a boolean. Null is left out.</param>
    public static void PutField(ProtobufWriter to, string name, object? value) =>
        OtlpOrigin.PutAttribute(to, FieldAttributes, name, value);

    /// <summary>Ends the export. The bytes are valid until the next one begins.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _to.End(_open.Inner);
        _to.End(_open.Outer);
        return _to.Written;
    }
}

/// <summary>What a record of a log says beside its line.</summary>
/// <param name="Nanos">When, in nanoseconds since 1970.</param>
/// <param name="Severity">OpenTelemetry's number: 5 debug, 9 information, 13 warning, 17 error.</param>
/// <param name="Log">Which log: <c>access</c>, <c>program</c>.</param>
/// <param name="TraceHigh">The trace, its upper half.</param>
/// <param name="TraceLow">Its lower half.</param>
/// <param name="Span">The span; 0: none.</param>
/// <param name="EventId">The number of what happened; 0: it has none.</param>
/// <param name="Event">Its name; null: it has none.</param>
public readonly record struct OtlpLogHead(
    long Nanos, int Severity, string Log, ulong TraceHigh, ulong TraceLow, ulong Span, int EventId = 0, string? Event = null);
