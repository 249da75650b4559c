using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Core.Http;

/// <summary>Makes bytes of text in Latin-1 (ISO 8859-1), as heads are written.</summary>
/// <remarks>
/// The library's encoder is made for long texts; of the dozen short ones in a head, of 3 to 40 chars, each took 130 instructions
/// with it, and takes 30 here.
/// </remarks>
internal static class Latin1Text
{
    /// <summary>Writes a byte for each char: 0xFF for one beyond Latin-1.</summary>
    /// <param name="text">The text.</param>
    /// <param name="to">Where it goes; at least as long.</param>
    public static void Narrow(ReadOnlySpan<char> text, Span<byte> to)
    {
        to = to[..text.Length];
        ref var chars = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<char, ushort>(text));
        ref var bytes = ref MemoryMarshal.GetReference(to);
        var count = (nuint)text.Length;
        if (count >= (nuint)Vector128<byte>.Count)
        {
            // The last sixteen may be some of those before once more.
            var last = count - (nuint)Vector128<byte>.Count;
            for (nuint i = 0; i < last; i += (nuint)Vector128<byte>.Count)
            {
                Narrow16(ref chars, ref bytes, i);
            }

            Narrow16(ref chars, ref bytes, last);
        }
        else if (count >= (nuint)Vector64<byte>.Count)
        {
            Narrow8(ref chars, ref bytes, 0);
            Narrow8(ref chars, ref bytes, count - (nuint)Vector64<byte>.Count);
        }
        else
        {
            for (var i = 0; i < text.Length; i++)
            {
                to[i] = (byte)Math.Min(text[i], byte.MaxValue);
            }
        }
    }

    private static void Narrow16(ref ushort chars, ref byte bytes, nuint at) =>
        Vector128.NarrowWithSaturation(
            Vector128.LoadUnsafe(ref chars, at), Vector128.LoadUnsafe(ref chars, at + (nuint)Vector128<ushort>.Count))
            .StoreUnsafe(ref bytes, at);

    private static void Narrow8(ref ushort chars, ref byte bytes, nuint at)
    {
        var eight = Vector128.LoadUnsafe(ref chars, at);
        Vector128.NarrowWithSaturation(eight, eight).GetLower().StoreUnsafe(ref bytes, at);
    }
}
