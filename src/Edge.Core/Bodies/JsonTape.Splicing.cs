namespace Edge.Core.Bodies;

/// <content>
/// The tape of a text that is put together from parts that have been read already: their tokens are taken over, moved to where
/// they now lie, so that only what is new is read. The result is that of reading the new text.
/// </content>
public sealed partial class JsonTape
{
    /// <summary>Begins the tape of an object.</summary>
    internal void BeginSplice()
    {
        Reset();
        Add(JsonKind.Object, 0, 0, 0, escaped: false);
    }

    /// <summary>The next member has a name that nobody has read.</summary>
    /// <param name="start">Where its first quote is to lie.</param>
    /// <param name="end">Behind its last quote.</param>
    /// <param name="chars">Its characters.</param>
    /// <param name="escaped">It has escapes.</param>
    internal bool SpliceName(int start, int end, int chars, bool escaped) => Add(JsonKind.String, start, end, chars, escaped);

    /// <summary>Takes over a value, or a name, with all that is in it.</summary>
    /// <param name="from">The tape that has it.</param>
    /// <param name="token">Its token there.</param>
    /// <param name="start">Where its first byte is to lie.</param>
    internal bool Splice(JsonTape from, int token, int start)
    {
        var tokens = from.Tokens[token..from.Tokens[token].Next];
        if (_count + tokens.Length > TokensMax)
        {
            return Fail(JsonFault.TooManyTokens, start);
        }

        while (_count + tokens.Length > _tokens.Length)
        {
            Grow();
        }

        var shift = start - tokens[0].Start;
        var renumber = _count - token;
        foreach (ref readonly var it in tokens)
        {
            _tokens[_count++] = new JsonToken(
                it.Kind, it.Start + shift, it.End + shift, it.Count, it.IsEscaped, it.Next + renumber);
        }

        return true;
    }

    /// <summary>Reads a value that is new. It must be one, and nothing else.</summary>
    /// <param name="value">The value.</param>
    /// <param name="start">Where its first byte is to lie.</param>
    internal bool SpliceRead(ReadOnlyMemory<byte> value, int start)
    {
        var first = _count;
        var at = 0;
        _text = value;
        if (!ReadOne(value.Span, ref at, 1))
        {
            return false;
        }

        if (at != value.Length)
        {
            return Fail(JsonFault.TrailingBytes, start + at);
        }

        for (var i = first; i < _count; i++)
        {
            var it = _tokens[i];
            _tokens[i] = new JsonToken(it.Kind, it.Start + start, it.End + start, it.Count, it.IsEscaped, it.Next);
        }

        return true;
    }

    /// <summary>The object is whole.</summary>
    /// <param name="text">The new text.</param>
    /// <param name="start">Where the object begins in it.</param>
    /// <param name="end">Behind its last byte.</param>
    /// <param name="members">How many members it has.</param>
    internal bool EndSplice(ReadOnlyMemory<byte> text, int start, int end, int members)
    {
        _text = text;
        _tokens[0] = new JsonToken(JsonKind.Object, start, end, members, escaped: false, _count);
        return members < 2 || HasDistinctNames(text.Span, 0);
    }
}
