using System.Diagnostics;

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

    /// <summary>Takes over a value without others in it.</summary>
    /// <param name="scalar">Its token, of a text that is nothing but it.</param>
    /// <param name="start">Where its first byte is to lie.</param>
    internal bool Splice(JsonToken scalar, int start) =>
        Add(scalar.Kind, start, start + scalar.End, scalar.Count, scalar.IsEscaped);

    /// <summary>Takes over names and values that stand one behind another, with all that is in them.</summary>
    /// <param name="from">The tape that has them.</param>
    /// <param name="first">The first token there.</param>
    /// <param name="next">The token behind the last.</param>
    /// <param name="shift">How far their text moves.</param>
    internal bool Splice(JsonTape from, int first, int next, int shift)
    {
        var tokens = from.Tokens[first..next];
        if (_count + tokens.Length > TokensMax)
        {
            return Fail(JsonFault.TooManyTokens, 0);
        }

        while (_count + tokens.Length > _tokens.Length)
        {
            Grow();
        }

        var renumber = _count - first;
        var to = _tokens.AsSpan(_count, tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            to[i] = tokens[i].Moved(shift, renumber);
        }

        _count += tokens.Length;
        return true;
    }

    /// <summary>Reads a value that is new. It must be one, and nothing else.</summary>
    /// <param name="value">The value.</param>
    /// <param name="start">Where its first byte is to lie.</param>
    internal bool SpliceRead(ReadOnlySpan<byte> value, int start)
    {
        if (value[0] == '"' && JsonText.PlainEnd(value, 1) == value.Length - 1 && value[^1] == '"')
        {
            return Add(JsonKind.String, start, start + value.Length, value.Length - 2, escaped: false);
        }

        var first = _count;
        var at = 0;
        if (!ReadOne(value, ref at, 1))
        {
            return false;
        }

        if (at != value.Length)
        {
            return Fail(JsonFault.TrailingBytes, start + at);
        }

        for (var i = first; i < _count; i++)
        {
            _tokens[i] = _tokens[i].Moved(start, 0);
        }

        return true;
    }

    /// <summary>The object is whole. Of its names no two are the same.</summary>
    /// <param name="text">The new text.</param>
    /// <param name="start">Where the object begins in it.</param>
    /// <param name="end">Behind its last byte.</param>
    /// <param name="members">How many members it has.</param>
    internal bool EndSplice(ReadOnlyMemory<byte> text, int start, int end, int members)
    {
        Lend(text);
        _tokens[0] = new JsonToken(JsonKind.Object, start, end, members, escaped: false, _count);
        Debug.Assert(members < 2 || HasDistinctNames(Text, 0), "rules leave no name twice");
        return true;
    }
}
