using System.Buffers.Binary;

namespace Edge.Core.Telemetry;

/// <summary>
/// Writes spans as an <c>ExportTraceServiceRequest</c> of OTLP 1.x (opentelemetry-proto, trace/v1). Used by one thread at a time.
/// </summary>
/// <remarks>
/// A span is made when its request is over, and only if the trace is kept: then its times are known, and it must have the id that
/// went upstream long before. Activities of .NET choose their ids themselves and have to be there from the start, so the bytes
/// are written here, as those of metrics are.
/// </remarks>
/// <param name="origin">Who tells.</param>
public sealed class OtlpTracesWriter(OtlpOrigin origin)
{
    private const int KindServer = 2;
    private const int KindClient = 3;
    private const int StatusError = 2;

    private readonly ProtobufWriter _to = new();

    /// <summary>Writes spans. The bytes are valid until the next call.</summary>
    public ReadOnlyMemory<byte> Write(IReadOnlyList<SpanRecord> spans)
    {
        _to.Clear();
        var (resourceSpans, scopeSpans) = origin.Begin(_to);
        foreach (var span in spans)
        {
            PutSpan(span);
        }

        _to.End(scopeSpans);
        _to.End(resourceSpans);
        return _to.Written;
    }

    private void PutSpan(SpanRecord span)
    {
        var start = _to.Begin(2);
        Span<byte> trace = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(trace, span.Id.High);
        BinaryPrimitives.WriteUInt64BigEndian(trace[8..], span.Id.Low);
        _to.Bytes(1, trace);
        PutId(2, span.Id.Span);
        if (span.State is { } state)
        {
            _to.Text(3, state);
        }

        if (span.ParentSpan != 0)
        {
            PutId(4, span.ParentSpan);
        }

        _to.Text(5, span.Name);
        _to.Varint(6, span.IsClient ? KindClient : KindServer);
        _to.Fixed64(7, span.StartNanos);
        _to.Fixed64(8, span.EndNanos);
        foreach (var (key, value) in span.Attributes)
        {
            OtlpOrigin.PutAttribute(_to, 9, key, value);
        }

        foreach (var (name, nanos) in span.Events)
        {
            var one = _to.Begin(11);
            _to.Fixed64(1, nanos);
            _to.Text(2, name);
            _to.End(one);
        }

        if (span.IsError)
        {
            var status = _to.Begin(15);
            _to.Varint(3, StatusError);
            _to.End(status);
        }

        _to.End(start);
    }

    private void PutId(int field, ulong id)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        _to.Bytes(field, bytes);
    }
}
