using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Edge.Core.Bodies;

/// <summary>The insides of JSON strings: escapes, characters, lengths. Stateless.</summary>
internal static class JsonText
{
    /// <summary>Bytes of the longest escape, a pair of <c>\uXXXX</c>.</summary>
    public const int EscapeBytesMax = 12;

    /// <summary>What cannot stand in a string as it is: the quote, the backslash, control characters.</summary>
    public static readonly SearchValues<byte> Special = MakeSpecial();

    /// <summary>
    /// Where plain text ends: the offset, from one on, of the first byte that is a quote, a backslash, a control character or not
    /// ASCII; the length of the text where there is none.
    /// </summary>
    public static int PlainEnd(ReadOnlySpan<byte> text, int at)
    {
        // As signed numbers, control characters and all that is not ASCII are those below the space.
        ref var first = ref MemoryMarshal.GetReference(text);
        if (Vector256.IsHardwareAccelerated)
        {
            for (; at <= text.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
            {
                var part = Vector256.LoadUnsafe(ref first, (nuint)at);
                var ends = Vector256.LessThan(part.AsSByte(), Vector256.Create((sbyte)' ')).AsByte()
                    | Vector256.Equals(part, Vector256.Create((byte)'"')) | Vector256.Equals(part, Vector256.Create((byte)'\\'));
                if (ends != Vector256<byte>.Zero)
                {
                    return at + BitOperations.TrailingZeroCount(ends.ExtractMostSignificantBits());
                }
            }
        }

        for (; at <= text.Length - Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            var part = Vector128.LoadUnsafe(ref first, (nuint)at);
            var ends = Vector128.LessThan(part.AsSByte(), Vector128.Create((sbyte)' ')).AsByte()
                | Vector128.Equals(part, Vector128.Create((byte)'"')) | Vector128.Equals(part, Vector128.Create((byte)'\\'));
            if (ends != Vector128<byte>.Zero)
            {
                return at + BitOperations.TrailingZeroCount(ends.ExtractMostSignificantBits());
            }
        }

        while (at < text.Length && (sbyte)text[at] >= ' ' && text[at] is not ((byte)'"' or (byte)'\\'))
        {
            at++;
        }

        return at;
    }

    /// <summary>Characters (code points) of bytes that are valid UTF-8.</summary>
    public static int CodePoints(ReadOnlySpan<byte> utf8)
    {
        // All bytes but the continuing ones, which are 10xxxxxx: as signed numbers, those below -64.
        var count = 0;
        ref var first = ref MemoryMarshal.GetReference(utf8);
        var at = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; at <= utf8.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
            {
                var part = Vector256.LoadUnsafe(ref first, (nuint)at).AsSByte();
                var starts = Vector256.GreaterThan(part, Vector256.Create((sbyte)-65));
                count += BitOperations.PopCount(starts.ExtractMostSignificantBits());
            }
        }

        for (; at < utf8.Length; at++)
        {
            count += (sbyte)utf8[at] > -65 ? 1 : 0;
        }

        return count;
    }

    /// <summary>Offset of the first byte that is not part of a valid sequence.</summary>
    public static int InvalidUtf8At(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length && Rune.DecodeFromUtf8(text[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }

    /// <summary>
    /// Reads an escape, which begins with a backslash.
    /// </summary>
    /// <param name="text">From the backslash on.</param>
    /// <param name="rune">What it stands for.</param>
    /// <param name="length">Its bytes.</param>
    public static JsonFault ReadEscape(ReadOnlySpan<byte> text, out int rune, out int length)
    {
        rune = 0;
        length = 2;
        if (text.Length < 2)
        {
            return JsonFault.Unfinished;
        }

        rune = text[1] switch
        {
            (byte)'"' => '"',
            (byte)'\\' => '\\',
            (byte)'/' => '/',
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            (byte)'u' => -1,
            _ => -2,
        };
        return rune switch
        {
            -1 => ReadUnit(text, out rune, out length),
            -2 => JsonFault.BadEscape,
            _ => JsonFault.None,
        };
    }

    /// <summary>The text that a valid string with escapes stands for.</summary>
    /// <param name="inner">The bytes between the quotes.</param>
    /// <param name="buffer">Grown where it is too small; the result lies in it.</param>
    public static ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> inner, ref byte[] buffer)
    {
        Pooled.Reserve(ref buffer, inner.Length);
        var to = 0;
        while (!inner.IsEmpty)
        {
            var run = inner.IndexOf((byte)'\\');
            run = run < 0 ? inner.Length : run;
            inner[..run].CopyTo(buffer.AsSpan(to));
            to += run;
            inner = inner[run..];
            if (!inner.IsEmpty)
            {
                ReadEscape(inner, out var rune, out var length);
                to += new Rune(rune).EncodeToUtf8(buffer.AsSpan(to));
                inner = inner[length..];
            }
        }

        return buffer.AsSpan(0, to);
    }

    /// <summary>Writes text as the inside of a JSON string: nothing in it can end the string.</summary>
    public static void WriteEscaped(IBufferWriter<byte> to, ReadOnlySpan<byte> utf8)
    {
        while (!utf8.IsEmpty)
        {
            var run = utf8.IndexOfAny(Special);
            if (run < 0)
            {
                to.Write(utf8);
                return;
            }

            to.Write(utf8[..run]);
            WriteEscape(to, utf8[run]);
            utf8 = utf8[(run + 1)..];
        }
    }

    /// <summary>The same for text in UTF-16; half a surrogate pair becomes U+FFFD.</summary>
    public static void WriteEscaped(IBufferWriter<byte> to, ReadOnlySpan<char> text)
    {
        // Nearly all of it is ASCII without anything to escape.
        var plain = to.GetSpan(text.Length);
        if (Ascii.FromUtf16(text, plain, out var length) == OperationStatus.Done && plain[..length].IndexOfAny(Special) < 0)
        {
            to.Advance(length);
            return;
        }

        Span<byte> part = stackalloc byte[256];
        while (!text.IsEmpty)
        {
            System.Text.Unicode.Utf8.FromUtf16(text, part, out var read, out var written, replaceInvalidSequences: true);
            WriteEscaped(to, part[..written]);
            text = text[read..];
        }
    }

    private static SearchValues<byte> MakeSpecial()
    {
        Span<byte> special = stackalloc byte[34];
        for (var i = 0; i < 32; i++)
        {
            special[i] = (byte)i;
        }

        special[32] = (byte)'"';
        special[33] = (byte)'\\';
        return SearchValues.Create(special);
    }

    private static void WriteEscape(IBufferWriter<byte> to, byte character)
    {
        var span = to.GetSpan(6);
        span[0] = (byte)'\\';
        span[1] = character switch
        {
            (byte)'"' or (byte)'\\' => character,
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            _ => (byte)'u',
        };
        var length = 2;
        if (span[1] == 'u')
        {
            span[2] = (byte)'0';
            span[3] = (byte)'0';
            span[4] = (byte)('0' + (character >> 4));
            span[5] = "0123456789abcdef"u8[character & 15];
            length = 6;
        }

        to.Advance(length);
    }

    private static JsonFault ReadUnit(ReadOnlySpan<byte> text, out int rune, out int length)
    {
        length = 6;
        var fault = ReadHex(text, out rune);
        if (fault != JsonFault.None || rune is < 0xD800 or > 0xDFFF)
        {
            return fault;
        }

        if (rune > 0xDBFF || (text.Length > 6 && text[6] != '\\') || (text.Length > 7 && text[7] != 'u'))
        {
            return JsonFault.LoneSurrogate;
        }

        fault = text.Length < 8 ? JsonFault.Unfinished : ReadHex(text[6..], out length);
        if (fault != JsonFault.None)
        {
            return fault;
        }

        if (length is < 0xDC00 or > 0xDFFF)
        {
            return JsonFault.LoneSurrogate;
        }

        rune = 0x10000 + ((rune - 0xD800) << 10) + (length - 0xDC00);
        length = EscapeBytesMax;
        return JsonFault.None;
    }

    private static JsonFault ReadHex(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        for (var i = 2; i < 6; i++)
        {
            if (i >= text.Length)
            {
                return JsonFault.Unfinished;
            }

            var digit = HexDigit(text[i]);
            if (digit < 0)
            {
                return JsonFault.BadEscape;
            }

            value = (value << 4) | digit;
        }

        return JsonFault.None;
    }

    private static int HexDigit(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}
