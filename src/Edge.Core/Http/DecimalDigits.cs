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
    public static int Write(ulong number, Span<byte> to)
    {
        if (number < 10)
        {
            to[0] = (byte)('0' + number);
            return 1;
        }

        var before = 0;
        var shift = 0;
        if (number >= EightDigits)
        {
            var high = number / EightDigits;
            before = Write(high, to);
            number -= high * EightDigits;
        }

        var digits = DigitsOf((uint)number);
        if (before == 0)
        {
            shift = BitOperations.TrailingZeroCount(digits) & ~7;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(to[before..], (digits | Zeros) >> shift);
        return before + sizeof(ulong) - (shift >> 3);
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
