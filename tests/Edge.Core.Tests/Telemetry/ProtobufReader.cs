using System.Buffers.Binary;
using System.Text;

namespace Edge.Core.Tests.Telemetry;

/// <summary>
/// A message of protobuf taken apart by field numbers, without a schema, strictly: what is cut short or of an unknown wire type
/// throws. For tests that look at what goes over the wire.
/// </summary>
internal sealed class ProtobufReader
{
    private readonly List<(int Field, object Value)> _fields = [];

    /// <summary>Takes a message apart.</summary>
    public ProtobufReader(ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            var tag = Varint(ref message);
            object value = (tag & 7) switch
            {
                0 => (long)Varint(ref message),
                1 => BinaryPrimitives.ReadInt64LittleEndian(Take(ref message, 8)),
                2 => Take(ref message, checked((int)Varint(ref message))).ToArray(),
                _ => throw new FormatException($"wire type {tag & 7}"),
            };
            _fields.Add(((int)(tag >> 3), value));
        }
    }

    /// <summary>The messages of a field.</summary>
    public IReadOnlyList<ProtobufReader> Messages(int field) => [.. All(field).Select(static v => new ProtobufReader((byte[])v))];

    /// <summary>The only message of a field.</summary>
    public ProtobufReader Message(int field) => Messages(field).Single();

    /// <summary>Whether a field is there.</summary>
    public bool Has(int field) => All(field).Any();

    /// <summary>The only text of a field; empty where there is none.</summary>
    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    /// <summary>The only bytes of a field.</summary>
    public byte[] Bytes(int field) => (byte[]?)All(field).SingleOrDefault() ?? [];

    /// <summary>The only number of a field; 0 where there is none.</summary>
    public long Number(int field) => (long?)All(field).SingleOrDefault() ?? 0;

    /// <summary>The only floating-point number of a field.</summary>
    public double Double(int field) => BitConverter.Int64BitsToDouble(Number(field));

    /// <summary>Numbers of eight bytes, packed.</summary>
    public long[] Packed(int field)
    {
        var bytes = Bytes(field);
        var numbers = Enumerable.Range(0, bytes.Length / 8);
        return [.. numbers.Select(i => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * 8)))];
    }

    /// <summary>OTLP's attributes: repeated pairs of a key and a value, as text.</summary>
    public Dictionary<string, string> Attributes(int field) => Messages(field).ToDictionary(
        static pair => pair.Text(1), static pair => TextOf(pair.Message(2)));

    private static string TextOf(ProtobufReader value) =>
        value.Has(1) ? value.Text(1) : value.Has(3) ? "int " + value.Number(3) : "bool " + value.Number(2);

    private IEnumerable<object> All(int field) => _fields.Where(f => f.Field == field).Select(static f => f.Value);

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> message, int length)
    {
        var taken = message[..length];
        message = message[length..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(ref message, 1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("varint too long");
    }
}
