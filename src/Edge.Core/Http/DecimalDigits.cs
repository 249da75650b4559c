using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Edge.Core.Http;

/// <summary>
/// Writes numbers in decimal digits, eight at a time: half the instructions of
/// <see cref="System.Buffers.Text.Utf8Formatter"/>, for heads that have a dozen of them.
/// </summary>
public static class DecimalDigits
{
    /// <summary>Bytes that there must be room for, however many digits a number has.</summary>
    public const int RoomBytes = 20;

    private const ulong EightDigits = 100_000_000;
    private const ulong Zeros = 0x3030_3030_3030_3030;

    /// <summary>Writes a number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="to">Where it goes; of what is behind it, the first <see cref="RoomBytes"/> bytes may be written too.</param>
    /// <returns>How many digits it has.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(ulong number, Span<byte> to)
    {
        if (number < 10)
        {
            to[0] = (byte)('0' + number);
            return 1;
        }

        if (number < 100)
        {
            // A multiplication and a shift are the division, as below.
            var ten = (uint)number * 103 >> 10;
            BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)(0x3030 + ten + (((uint)number - (ten * 10)) << 8)));
            return 2;
        }

        if (number >= EightDigits)
        {
            return WriteLong(number, to);
        }

        var digits = DigitsOf((uint)number);
        var leading = BitOperations.TrailingZeroCount(digits) >> 3;
        BinaryPrimitives.WriteUInt64LittleEndian(to, (digits | Zeros) >> (leading << 3));
        return sizeof(ulong) - leading;
    }

    private static int WriteLong(ulong number, Span<byte> to)
    {
        var high = number / EightDigits;
        var length = 1;
        if (high < 10)
        {
            to[0] = (byte)('0' + high);
        }
        else
        {
            length = Write(high, to);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(to[length..], DigitsOf((uint)(number - (high * EightDigits))) | Zeros);
        return length + sizeof(ulong);
    }

    /// <summary>Eight digits, each in a byte, the first one in the lowest: halves, quarters and digits, side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong DigitsOf(uint number)
    {
        // A multiplication and a shift are the division: exact below 10,000, and below 100.
        ulong fours = (number / 10_000) | ((ulong)(number % 10_000) << 32);
        var hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
        var twos = hundreds | ((fours - (hundreds * 100)) << 16);
        var tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
        return tens | ((twos - (tens * 10)) << 8);
    }
}
