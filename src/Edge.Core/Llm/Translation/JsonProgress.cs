namespace Edge.Core.Llm.Translation;

/// <summary>How far a JSON object has come that is told in pieces, each of them a JSON string. A value.</summary>
internal struct JsonProgress
{
    private int _depth;
    private bool _hasBegun;
    private bool _isInString;
    private bool _isEscaped;

    /// <summary>The object is whole.</summary>
    public readonly bool IsWhole => _hasBegun && _depth == 0;

    /// <summary>Takes a piece.</summary>
    /// <param name="piece">A JSON string, quotes and escapes and all.</param>
    public void Take(ReadOnlySpan<byte> piece)
    {
        piece = piece[1..^1];
        for (var i = 0; i < piece.Length; i++)
        {
            var c = piece[i];
            if (c == '\\')
            {
                c = Unescape(piece, ref i);
            }

            TakeChar(c);
        }
    }

    // What is no ASCII, or of no meaning to the structure of JSON, is a letter here.
    private static byte Unescape(ReadOnlySpan<byte> piece, ref int i)
    {
        i++;
        var c = piece[i];
        if (c is (byte)'"' or (byte)'\\')
        {
            return c;
        }

        if (c != 'u')
        {
            return (byte)' ';
        }

        var hex = piece.Slice(i + 1, 4);
        i += 4;
        return System.Buffers.Text.Utf8Parser.TryParse(hex, out ushort unit, out _, 'x') && unit < 0x80 ? (byte)unit : (byte)'u';
    }

    private void TakeChar(byte c)
    {
        if (_isInString)
        {
            _isInString = _isEscaped || c != '"';
            _isEscaped = !_isEscaped && c == '\\';
            return;
        }

        switch (c)
        {
            case (byte)'"':
                _isInString = true;
                break;
            case (byte)'{' or (byte)'[':
                _hasBegun = true;
                _depth++;
                break;
            case (byte)'}' or (byte)']':
                _depth--;
                break;
        }
    }
}
