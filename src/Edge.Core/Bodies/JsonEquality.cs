namespace Edge.Core.Bodies;

/// <summary>
/// Whether two values say the same, as JSON Schema has it (core, section 4.2.2): numbers by what they are worth, strings by their
/// characters, objects whatever the order of their members. Stateless.
/// </summary>
internal static class JsonEquality
{
    /// <summary>Compares two values.</summary>
    /// <param name="left">Text of the one.</param>
    /// <param name="l">Its token.</param>
    /// <param name="right">Text of the other; may be the same.</param>
    /// <param name="r">Its token.</param>
    /// <param name="budget">Lowered by the work; where it is used up the answer is false and it is negative.</param>
    public static bool Equal(JsonTape left, int l, JsonTape right, int r, ref long budget)
    {
        ref readonly var a = ref left.Tokens[l];
        ref readonly var b = ref right.Tokens[r];
        if (--budget < 0 || a.Kind != b.Kind)
        {
            return false;
        }

        return a.Kind switch
        {
            JsonKind.Number => NumbersEqual(a.Raw(left.Text), b.Raw(right.Text)),
            JsonKind.String => a.Count == b.Count && StringsEqual(a, left.Text, b, right.Text),
            JsonKind.Array => a.Count == b.Count && ArraysEqual(left, l, right, r, ref budget),
            JsonKind.Object => a.Count == b.Count && ObjectsEqual(left, l, right, r, ref budget),
            _ => true,
        };
    }

    /// <summary>Compares a string's text, whose escapes are resolved on the way, with another.</summary>
    /// <param name="escaped">Bytes between quotes.</param>
    /// <param name="other">Bytes between quotes.</param>
    /// <param name="otherIsEscaped">The other one has escapes too.</param>
    public static bool TextEquals(ReadOnlySpan<byte> escaped, ReadOnlySpan<byte> other, bool otherIsEscaped)
    {
        while (!escaped.IsEmpty && !other.IsEmpty)
        {
            if (Next(ref escaped, isEscaped: true) != Next(ref other, otherIsEscaped))
            {
                return false;
            }
        }

        return escaped.IsEmpty && other.IsEmpty;
    }

    /// <summary>A hash of what a value says: equal values have the same one, in this process.</summary>
    public static int Hash(JsonTape tape, int token)
    {
        ref readonly var it = ref tape.Tokens[token];
        var hash = default(HashCode);
        hash.Add((int)it.Kind);
        hash.Add(it.Count);
        switch (it.Kind)
        {
            case JsonKind.Number:
                JsonNumber.Parse(it.Raw(tape.Text)).AddTo(ref hash);
                break;
            case JsonKind.String:
                hash.AddBytes(tape.TextOf(token));
                break;
            case JsonKind.Array:
                for (var at = token + 1; at < it.Next; at = tape.Tokens[at].Next)
                {
                    hash.Add(Hash(tape, at));
                }

                break;
            case JsonKind.Object:
                // A sum, because members have no order.
                var sum = 0;
                for (var at = token + 1; at < it.Next; at = tape.Tokens[at + 1].Next)
                {
                    sum += HashCode.Combine(Hash(tape, at), Hash(tape, at + 1));
                }

                hash.Add(sum);
                break;
            default:
                break;
        }

        return hash.ToHashCode();
    }

    private static bool NumbersEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.SequenceEqual(right) || JsonNumber.Parse(left).CompareTo(JsonNumber.Parse(right)) == 0;

    private static bool StringsEqual(
        in JsonToken left, ReadOnlySpan<byte> leftText, in JsonToken right, ReadOnlySpan<byte> rightText)
    {
        var l = left.Inner(leftText);
        var r = right.Inner(rightText);
        return left.IsEscaped ? TextEquals(l, r, right.IsEscaped)
            : right.IsEscaped ? TextEquals(r, l, otherIsEscaped: false) : l.SequenceEqual(r);
    }

    private static bool ArraysEqual(JsonTape left, int l, JsonTape right, int r, ref long budget)
    {
        var end = left.Tokens[l].Next;
        l++;
        r++;
        while (l < end)
        {
            if (!Equal(left, l, right, r, ref budget))
            {
                return false;
            }

            l = left.Tokens[l].Next;
            r = right.Tokens[r].Next;
        }

        return true;
    }

    private static bool ObjectsEqual(JsonTape left, int l, JsonTape right, int r, ref long budget)
    {
        var end = left.Tokens[l].Next;
        var guess = r + 1;
        for (var at = l + 1; at < end; at = left.Tokens[at + 1].Next)
        {
            // Most objects that are equal have their members in the same order.
            var match = FindFrom(guess, left, at, right, r, ref budget);
            if (match < 0 || !Equal(left, at + 1, right, match + 1, ref budget))
            {
                return false;
            }

            guess = right.Tokens[match + 1].Next;
        }

        return true;
    }

    private static int FindFrom(int guess, JsonTape left, int name, JsonTape right, int parent, ref long budget)
    {
        var end = right.Tokens[parent].Next;
        var at = guess < end ? guess : parent + 1;
        for (var i = 0; i < right.Tokens[parent].Count; i++)
        {
            if (Equal(left, name, right, at, ref budget))
            {
                return at;
            }

            at = right.Tokens[at + 1].Next;
            at = at < end ? at : parent + 1;
        }

        return -1;
    }

    private static int Next(ref ReadOnlySpan<byte> text, bool isEscaped)
    {
        if (isEscaped && text[0] == '\\')
        {
            JsonText.ReadEscape(text, out var rune, out var length);
            text = text[length..];
            return rune;
        }

        System.Text.Rune.DecodeFromUtf8(text, out var read, out var bytes);
        text = text[bytes..];
        return read.Value;
    }
}
