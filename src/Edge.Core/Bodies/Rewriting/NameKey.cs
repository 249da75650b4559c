using System.Buffers.Binary;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>
/// A number by which names are told apart without a look at their bytes: of equal names it is the same, of most others not. Names
/// up to four bytes differ in it whenever they differ.
/// </summary>
/// <param name="Value">Its first and last bytes, and its length.</param>
internal readonly record struct NameKey(ulong Value)
{
    /// <summary>Of a name, in UTF-8.</summary>
    public static NameKey Of(ReadOnlySpan<byte> name)
    {
        var length = (ulong)name.Length << 56;
        if (name.Length >= 8)
        {
            return new(length ^ BinaryPrimitives.ReadUInt64LittleEndian(name)
                ^ (BinaryPrimitives.ReadUInt64LittleEndian(name[^8..]) * 0x9E3779B97F4A7C15));
        }

        if (name.Length >= 4)
        {
            return new(length ^ BinaryPrimitives.ReadUInt32LittleEndian(name)
                ^ ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(name[^4..]) << 24));
        }

        var value = length;
        for (var i = 0; i < name.Length; i++)
        {
            value ^= (ulong)name[i] << (i * 8);
        }

        return new(value);
    }
}
