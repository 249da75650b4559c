using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Edge.Core.Bodies.Schemas;

/// <summary>
/// What a schema says about members by their names: found by one hash and, nearly always, one comparison. The names come from the
/// configuration, so collisions cannot be made by a caller. Immutable.
/// </summary>
internal sealed class MemberTable
{
    private readonly Entry?[] _slots;
    private readonly int _mask;
    private readonly ulong _lengths;

    /// <summary>Makes the table.</summary>
    /// <param name="members">By name: the schema of <c>properties</c>, and the place in <c>required</c> or -1.</param>
    public MemberTable(Dictionary<string, (SchemaNode? Node, int Required)> members)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)members.Count * 4);
        _mask = size - 1;
        _slots = new Entry?[size];
        foreach (var (name, said) in members)
        {
            var entry = new Entry(Encoding.UTF8.GetBytes(name), said.Node, said.Required);
            var slot = Hash(entry.Name) & _mask;
            while (_slots[slot] is not null)
            {
                slot = (slot + 1) & _mask;
            }

            _slots[slot] = entry;
            _lengths |= BitOf(entry.Name.Length);
            Only = members.Count == 1 ? entry : null;
        }
    }

    /// <summary>The one name, where there are no others.</summary>
    public Entry? Only { get; }

    /// <summary>What is said about a name; null where nothing is.</summary>
    public Entry? Find(ReadOnlySpan<byte> name)
    {
        if ((_lengths & BitOf(name.Length)) == 0)
        {
            return null;
        }

        for (var slot = Hash(name) & _mask; _slots[slot] is { } entry; slot = (slot + 1) & _mask)
        {
            if (name.SequenceEqual(entry.Name))
            {
                return entry;
            }
        }

        return null;
    }

    // Of lengths that differ by 64 it is the same.
    private static ulong BitOf(int length) => 1UL << length;

    private static int Hash(ReadOnlySpan<byte> name)
    {
        var head = name.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(name) : name.Length > 0 ? name[0] : 0u;
        var tail = name.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(name[^4..]) : name.Length > 1 ? name[^1] : 0u;
        var mixed = (head * 0x9E3779B1u) ^ (BitOperations.RotateLeft(tail, 15) * 0x85EBCA77u) ^ ((uint)name.Length * 0xC2B2AE3Du);
        return (int)(mixed ^ (mixed >> 15));
    }

    /// <summary>What is said about one name.</summary>
    /// <param name="Name">The name, in UTF-8.</param>
    /// <param name="Node">Schema of the member's value, or null.</param>
    /// <param name="Required">Its place in <c>required</c>, or -1.</param>
    public sealed record Entry(byte[] Name, SchemaNode? Node, int Required);
}
