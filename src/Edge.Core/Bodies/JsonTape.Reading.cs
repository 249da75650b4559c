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

        if (!ReadOne(text, ref at))
        {
            return false;
        }

        at = SkipSpace(text, at);
        return at == text.Length || Fail(JsonFault.TrailingBytes, at);
    }

    /// <summary>Reads a value with all that is in it.</summary>
    private bool ReadOne(ReadOnlySpan<byte> text, ref int at)
    {
        var depth = 0;
        while (true)
        {
            // Here a value begins; what it opens is read on, what it ends closes what it may.
            if (!ReadValue(text, ref at, ref depth, out var opened))
            {
                return false;
            }

            while (!opened)
            {
                if (depth == 0)
                {
                    return true;
                }

                at = SkipSpace(text, at);
                if (at == text.Length)
                {
                    return Fail(JsonFault.Unfinished, at);
                }

                if (text[at] == ',')
                {
                    if (!ReadSeparator(text, ref at, depth))
                    {
                        return false;
                    }

                    break;
                }

                if (!Close(text, ref at, ref depth))
                {
                    return false;
                }
            }
        }
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && text[at] <= ' ' && text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private bool ReadValue(ReadOnlySpan<byte> text, ref int at, ref int depth, out bool opened)
    {
        opened = false;
        if (at >= text.Length)
        {
            return Fail(JsonFault.Unfinished, at);
        }

        switch (text[at])
        {
            case (byte)'"':
                return ReadString(text, ref at);
            case (byte)'{':
            case (byte)'[':
                return Open(text, ref at, ref depth, out opened);
            case (byte)'t':
                return ReadWord(text, ref at, "true"u8, JsonKind.True);
            case (byte)'f':
                return ReadWord(text, ref at, "false"u8, JsonKind.False);
            case (byte)'n':
                return ReadWord(text, ref at, "null"u8, JsonKind.Null);
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return ReadNumber(text, ref at);
            case (byte)'+' or (byte)'.' or (byte)'N' or (byte)'I':
                return Fail(JsonFault.BadNumber, at);
            default:
                return Fail(JsonFault.UnexpectedByte, at);
        }
    }

    private bool Open(ReadOnlySpan<byte> text, ref int at, ref int depth, out bool opened)
    {
        opened = false;
        if (depth == DepthMax)
        {
            return Fail(JsonFault.TooDeep, at);
        }

        var isObject = text[at] == '{';
        _open[depth++] = _count;
        if (!Add(isObject ? JsonKind.Object : JsonKind.Array, at, 0, 0, escaped: false))
        {
            return false;
        }

        at = SkipSpace(text, at + 1);
        if (at < text.Length && text[at] == (isObject ? '}' : ']'))
        {
            return Close(text, ref at, ref depth);
        }

        opened = true;
        return !isObject || ReadName(text, ref at);
    }

    private bool ReadSeparator(ReadOnlySpan<byte> text, ref int at, int depth)
    {
        at = SkipSpace(text, at + 1);
        ref readonly var parent = ref _tokens[_open[depth - 1]];
        _tokens[_open[depth - 1]] = new JsonToken(parent.Kind, parent.Start, 0, parent.Count + 1, escaped: false, 0);
        return parent.Kind == JsonKind.Array || ReadName(text, ref at);
    }

    private bool ReadName(ReadOnlySpan<byte> text, ref int at)
    {
        if (at >= text.Length || text[at] != '"')
        {
            return Fail(at >= text.Length ? JsonFault.Unfinished : JsonFault.UnexpectedByte, at);
        }

        if (!ReadString(text, ref at))
        {
            return false;
        }

        at = SkipSpace(text, at);
        if (at >= text.Length || text[at] != ':')
        {
            return Fail(at >= text.Length ? JsonFault.Unfinished : JsonFault.UnexpectedByte, at);
        }

        at = SkipSpace(text, at + 1);
        return true;
    }

    private bool Close(ReadOnlySpan<byte> text, ref int at, ref int depth)
    {
        var number = _open[depth - 1];
        ref readonly var token = ref _tokens[number];
        if (text[at] != (token.Kind == JsonKind.Object ? '}' : ']'))
        {
            return Fail(JsonFault.UnexpectedByte, at);
        }

        at++;
        depth--;
        var count = number + 1 == _count ? 0 : token.Count + 1;
        _tokens[number] = new JsonToken(token.Kind, token.Start, at, count, escaped: false, _count);
        return count < 2 || token.Kind == JsonKind.Array || HasDistinctNames(text, number);
    }

    private bool ReadWord(ReadOnlySpan<byte> text, ref int at, ReadOnlySpan<byte> word, JsonKind kind)
    {
        var start = at;
        if (!text[at..].StartsWith(word))
        {
            var same = text[at..].CommonPrefixLength(word);
            return Fail(at + same == text.Length ? JsonFault.Unfinished : JsonFault.UnexpectedByte, at + same);
        }

        at += word.Length;
        return Add(kind, start, at, 0, escaped: false);
    }

    private bool ReadNumber(ReadOnlySpan<byte> text, ref int at)
    {
        var start = at;
        at += text[at] == '-' ? 1 : 0;
        var whole = at;
        at = SkipDigits(text, at);
        if (at == whole || (text[whole] == '0' && at > whole + 1))
        {
            return Fail(at == text.Length && at == whole ? JsonFault.Unfinished : JsonFault.BadNumber, at == whole ? at : whole);
        }

        var isPlain = true;
        if (at < text.Length && text[at] == '.')
        {
            isPlain = false;
            var fraction = at + 1;
            at = SkipDigits(text, fraction);
            if (at == fraction)
            {
                return Fail(at == text.Length ? JsonFault.Unfinished : JsonFault.BadNumber, at);
            }
        }

        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            isPlain = false;
            at += at + 1 < text.Length && text[at + 1] is (byte)'+' or (byte)'-' ? 2 : 1;
            var exponent = at;
            at = SkipDigits(text, at);
            if (at == exponent)
            {
                return Fail(at == text.Length ? JsonFault.Unfinished : JsonFault.BadNumber, at);
            }
        }

        var length = at - start;
        if (length > NumberBytesMax || (!(isPlain && length <= 300) && !IsFinite(text[start..at])))
        {
            return Fail(JsonFault.NumberOutOfRange, start);
        }

        return Add(JsonKind.Number, start, at, 0, escaped: false);
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

    private bool ReadString(ReadOnlySpan<byte> text, ref int at)
    {
        // Nearly all strings are ASCII without escapes: then the first byte of any other kind is the quote.
        var start = at;
        var end = JsonText.PlainEnd(text, start + 1);
        if (end < text.Length && text[end] == '"')
        {
            at = end + 1;
            return Add(JsonKind.String, start, at, end - start - 1, escaped: false);
        }

        at = end;
        return ReadOtherString(text, ref at, start);
    }

    /// <summary>Goes on with a string behind its plain ASCII.</summary>
    private bool ReadOtherString(ReadOnlySpan<byte> text, ref int at, int start)
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
                return Fail(JsonFault.InvalidUtf8, at + JsonText.InvalidUtf8At(run));
            }

            at += run.Length;
            if (length < 0)
            {
                return Fail(JsonFault.Unfinished, at);
            }

            if (text[at] == '"')
            {
                at++;
                return Add(JsonKind.String, start, at, count, escaped);
            }

            if (text[at] != '\\')
            {
                return Fail(JsonFault.ControlCharacter, at);
            }

            var fault = JsonText.ReadEscape(text[at..], out _, out var bytes);
            if (fault != JsonFault.None)
            {
                return Fail(fault, fault == JsonFault.Unfinished ? text.Length : at);
            }

            at += bytes;
            count++;
            escaped = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Add(JsonKind kind, int start, int end, int count, bool escaped)
    {
        if (_count == _tokens.Length)
        {
            if (_count >= TokensMax)
            {
                return Fail(JsonFault.TooManyTokens, start);
            }

            Grow();
        }

        _tokens[_count] = new JsonToken(kind, start, end, count, escaped, _count + 1);
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

        for (var at = parent + 1; at < tokens.Length; at = tokens[at + 1].Next)
        {
            ref readonly var name = ref tokens[at];
            if (name.IsEscaped)
            {
                return HasDistinctNamesHashed(text, parent);
            }

            for (var other = parent + 1; other < at; other = tokens[other + 1].Next)
            {
                ref readonly var earlier = ref tokens[other];
                if (earlier.End - earlier.Start == name.End - name.Start && earlier.Inner(text).SequenceEqual(name.Inner(text)))
                {
                    return Fail(JsonFault.DuplicateMember, name.Start);
                }
            }
        }

        return true;
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
