using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Edge.Core.Bodies;

/// <content>The walk over the bytes.</content>
public sealed partial class JsonTape
{
    /// <summary>Members of an object up to which its names are compared pair by pair.</summary>
    private const int PairedNamesMax = 12;

    /// <summary>A double has 309 digits before its point at most.</summary>
    private const int SurelyFiniteBytes = 300;

    // What a reader returns is the place where it has stopped, which lives in a register as one passed by reference does not.
    private const int Failed = -1;

    private bool ReadText()
    {
        var text = Text;
        if (text.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return Fail(JsonFault.ByteOrderMark, 0);
        }

        var at = SkipSpace(text, 0);
        if (at == text.Length)
        {
            return Fail(JsonFault.Empty, at);
        }

        at = ReadOne(text, at);
        if (at < 0)
        {
            return false;
        }

        at = SkipSpace(text, at);
        return at == text.Length || Fail(JsonFault.TrailingBytes, at);
    }

    /// <summary>Reads a value with all that is in it.</summary>
    private int ReadOne(ReadOnlySpan<byte> text, int at)
    {
        var depth = 0;
        var parent = JsonKind.Null;
        while (true)
        {
            // Here an item begins, or a member.
            if (parent == JsonKind.Object && (at = ReadName(text, at)) < 0)
            {
                return Failed;
            }

            if ((uint)at >= (uint)text.Length)
            {
                return FailAt(JsonFault.Unfinished, at);
            }

            var first = text[at];
            if ((first | 0x20) == '{')
            {
                parent = first == '{' ? JsonKind.Object : JsonKind.Array;
                if (!Open(parent, at, depth++))
                {
                    return Failed;
                }

                at = SkipSpace(text, at + 1);
                if ((uint)at >= (uint)text.Length || text[at] != first + ('}' - '{'))
                {
                    continue;
                }
            }
            else if ((at = ReadSimple(text, at, first)) < 0)
            {
                return Failed;
            }

            // What has ended may be the last of what it is in.
            for (; depth > 0; depth--)
            {
                at = SkipSpace(text, at);
                if ((uint)at >= (uint)text.Length)
                {
                    return FailAt(JsonFault.Unfinished, at);
                }

                if (text[at] == ',')
                {
                    parent = _tokens[_open[depth - 1]].CountOneMore();
                    break;
                }

                if (!Close(text, at++, _open[depth - 1]))
                {
                    return Failed;
                }
            }

            if (depth == 0)
            {
                return at;
            }

            at = SkipSpace(text, at + 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipSpace(ReadOnlySpan<byte> text, int at) =>
        (uint)at < (uint)text.Length && text[at] <= ' ' ? SkipSpaces(text, at) : at;

    private static int SkipSpaces(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private int ReadSimple(ReadOnlySpan<byte> text, int at, byte first)
    {
        switch (first)
        {
            case (byte)'"':
                return ReadString(text, at);
            case (byte)'t':
                return ReadWord(text, at, "true"u8, JsonKind.True);
            case (byte)'f':
                return ReadWord(text, at, "false"u8, JsonKind.False);
            case (byte)'n':
                return ReadWord(text, at, "null"u8, JsonKind.Null);
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return ReadNumber(text, at);
            case (byte)'+' or (byte)'.' or (byte)'N' or (byte)'I':
                return FailAt(JsonFault.BadNumber, at);
            default:
                return FailAt(JsonFault.UnexpectedByte, at);
        }
    }

    private bool Open(JsonKind kind, int at, int depth)
    {
        if (depth == DepthMax)
        {
            return Fail(JsonFault.TooDeep, at);
        }

        _open[depth] = _count;
        return Add(kind, at, 0, 0, escaped: false);
    }

    private int ReadName(ReadOnlySpan<byte> text, int at)
    {
        if ((uint)at >= (uint)text.Length || text[at] != '"')
        {
            return FailAt((uint)at >= (uint)text.Length ? JsonFault.Unfinished : JsonFault.UnexpectedByte, at);
        }

        at = ReadString(text, at);
        if (at < 0)
        {
            return Failed;
        }

        at = SkipSpace(text, at);
        return (uint)at < (uint)text.Length && text[at] == ':'
            ? SkipSpace(text, at + 1)
            : FailAt((uint)at >= (uint)text.Length ? JsonFault.Unfinished : JsonFault.UnexpectedByte, at);
    }

    private bool Close(ReadOnlySpan<byte> text, int at, int number)
    {
        ref var token = ref _tokens[number];
        var isObject = token.Kind == JsonKind.Object;
        if (text[at] != (isObject ? '}' : ']'))
        {
            return Fail(JsonFault.UnexpectedByte, at);
        }

        var count = number + 1 == _count ? 0 : token.Count + 1;
        token.Close(at + 1, count, _count);
        return !isObject || count < 2 || HasDistinctNames(text, number);
    }

    private int ReadWord(ReadOnlySpan<byte> text, int at, ReadOnlySpan<byte> word, JsonKind kind)
    {
        if (!text[at..].StartsWith(word))
        {
            at += text[at..].CommonPrefixLength(word);
            return FailAt(at == text.Length ? JsonFault.Unfinished : JsonFault.UnexpectedByte, at);
        }

        var end = at + word.Length;
        return Add(kind, at, end, 0, escaped: false) ? end : Failed;
    }

    private int ReadNumber(ReadOnlySpan<byte> text, int start)
    {
        var whole = start + (text[start] == '-' ? 1 : 0);
        var at = SkipDigits(text, whole);
        if (at == whole || (text[whole] == '0' && at > whole + 1))
        {
            return FailAt(at == text.Length && at == whole ? JsonFault.Unfinished : JsonFault.BadNumber, whole);
        }

        if ((uint)at < (uint)text.Length && text[at] == '.')
        {
            var fraction = at + 1;
            at = SkipDigits(text, fraction);
            if (at == fraction)
            {
                return FailAt(at == text.Length ? JsonFault.Unfinished : JsonFault.BadNumber, at);
            }
        }

        var hasExponent = false;
        if ((uint)at < (uint)text.Length && (text[at] | 0x20) == 'e')
        {
            hasExponent = true;
            at += at + 1 < text.Length && text[at + 1] is (byte)'+' or (byte)'-' ? 2 : 1;
            var exponent = at;
            at = SkipDigits(text, at);
            if (at == exponent)
            {
                return FailAt(at == text.Length ? JsonFault.Unfinished : JsonFault.BadNumber, at);
            }
        }

        // With fewer digits than a double can have before its point, it is in range without a look at them.
        var length = at - start;
        if (length > NumberBytesMax || ((hasExponent || length > SurelyFiniteBytes) && !IsFinite(text[start..at])))
        {
            return FailAt(JsonFault.NumberOutOfRange, start);
        }

        return Add(JsonKind.Number, start, at, 0, escaped: false) ? at : Failed;
    }

    private static int SkipDigits(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && (uint)(text[at] - '0') <= 9)
        {
            at++;
        }

        return at;
    }

    // Nearly all numbers show by their magnitude that they are in range; only those at the edge are converted.
    private static bool IsFinite(ReadOnlySpan<byte> number) => JsonNumber.Parse(number).Magnitude switch
    {
        < 308 => true,
        > 308 => false,
        _ => Utf8Parser.TryParse(number, out double value, out _) && double.IsFinite(value),
    };

    private int ReadString(ReadOnlySpan<byte> text, int at)
    {
        // Nearly all strings are ASCII without escapes: then the first byte of any other kind is the quote.
        var end = JsonText.PlainEnd(text, at + 1);
        return (uint)end >= (uint)text.Length || text[end] != '"' ? ReadOtherString(text, at, end)
            : Add(JsonKind.String, at, end + 1, end - at - 1, escaped: false) ? end + 1 : Failed;
    }

    /// <summary>Goes on with a string behind its plain ASCII.</summary>
    private int ReadOtherString(ReadOnlySpan<byte> text, int start, int at)
    {
        var count = at - start - 1;
        var escaped = false;
        while (true)
        {
            var rest = text[at..];
            var length = rest.IndexOfAny(JsonText.Special);
            var run = length < 0 ? rest : rest[..length];
            if (Ascii.IsValid(run))
            {
                count += run.Length;
            }
            else if (Utf8.IsValid(run))
            {
                count += JsonText.CodePoints(run);
            }
            else
            {
                return FailAt(JsonFault.InvalidUtf8, at + JsonText.InvalidUtf8At(run));
            }

            at += run.Length;
            if (length < 0)
            {
                return FailAt(JsonFault.Unfinished, at);
            }

            if (text[at] == '"')
            {
                at++;
                return Add(JsonKind.String, start, at, count, escaped) ? at : Failed;
            }

            if (text[at] != '\\')
            {
                return FailAt(JsonFault.ControlCharacter, at);
            }

            var fault = JsonText.ReadEscape(text[at..], out _, out var bytes);
            if (fault != JsonFault.None)
            {
                return FailAt(fault, fault == JsonFault.Unfinished ? text.Length : at);
            }

            at += bytes;
            count++;
            escaped = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Add(JsonKind kind, int start, int end, int count, bool escaped)
    {
        if (_count == _tokens.Length && !TryGrow(start))
        {
            return false;
        }

        _tokens[_count].Set(kind, start, end, count, escaped, _count + 1);
        _count++;
        return true;
    }

    private bool HasDistinctNames(ReadOnlySpan<byte> text, int parent)
    {
        var tokens = _tokens.AsSpan(0, _count);
        if (tokens[parent].Count > PairedNamesMax)
        {
            return HasDistinctNamesHashed(text, parent);
        }

        var met = 0UL;
        for (var at = parent + 1; at < tokens.Length; at = tokens[at + 1].Next)
        {
            ref readonly var name = ref tokens[at];
            if (name.IsEscaped)
            {
                return HasDistinctNamesHashed(text, parent);
            }

            // Few names have the same of these 64 numbers; only those are compared.
            var bit = 1UL << (text[name.Start + 1] + (text[name.End - 2] * 7) + ((name.End - name.Start) * 13));
            if ((met & bit) != 0 && IsRepeated(text, parent, at))
            {
                return Fail(JsonFault.DuplicateMember, name.Start);
            }

            met |= bit;
        }

        return true;
    }

    private bool IsRepeated(ReadOnlySpan<byte> text, int parent, int name)
    {
        var bytes = _tokens[name].Inner(text);
        for (var earlier = parent + 1; earlier < name; earlier = _tokens[earlier + 1].Next)
        {
            if (_tokens[earlier].Inner(text).SequenceEqual(bytes))
            {
                return true;
            }
        }

        return false;
    }

    // Hashes are HashCode's, which differ from process to process: names that collide cannot be made in advance.
    private bool HasDistinctNamesHashed(ReadOnlySpan<byte> text, int parent)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)_tokens[parent].Count * 2);
        Pooled.Reserve(ref _names, size);
        var table = _names.AsSpan(0, size);
        table.Clear();
        for (var at = parent + 1; at < _count; at = _tokens[at + 1].Next)
        {
            var name = TextOf(at);
            var hash = default(HashCode);
            hash.AddBytes(name);
            var slot = hash.ToHashCode() & (size - 1);
            for (; table[slot] != 0; slot = (slot + 1) & (size - 1))
            {
                if (NamesEqual(text, table[slot], at))
                {
                    return Fail(JsonFault.DuplicateMember, _tokens[at].Start);
                }
            }

            table[slot] = at;
        }

        return true;
    }

    private bool NamesEqual(ReadOnlySpan<byte> text, int left, int right) =>
        _tokens[left].Count == _tokens[right].Count && (_tokens[left].IsEscaped
            ? JsonEquality.TextEquals(_tokens[left].Inner(text), _tokens[right].Inner(text), _tokens[right].IsEscaped)
            : TextOf(right).SequenceEqual(_tokens[left].Inner(text)));
}
