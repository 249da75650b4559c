namespace Edge.Load.Calling;

/// <summary>
/// The bodies of the mock that follow from their length alone, so that every byte can be checked where it arrives: the alphabet
/// again and again, and numbered events of letters.
/// </summary>
internal struct Alphabet
{
    private const int Letters = 26;

    private static readonly byte[] Pattern = [.. Enumerable.Range(0, 64 * 1024).Select(static i => (byte)('a' + (i % Letters)))];

    private long _taken;

    /// <summary>How many bytes were right so far.</summary>
    public readonly long Taken => _taken;

    /// <summary>Takes the next bytes of the body; false when they are not what comes next.</summary>
    public bool Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var from = (int)(_taken % Letters);
            var piece = data[..Math.Min(data.Length, Pattern.Length - Letters)];
            if (!piece.SequenceEqual(Pattern.AsSpan(from, piece.Length)))
            {
                return false;
            }

            _taken += piece.Length;
            data = data[piece.Length..];
        }

        return true;
    }

    /// <summary>
    /// Whether an event, without its blank line, is the one of this number: <c>data: NUMBER </c> and letters, the first of which
    /// follows from the number.
    /// </summary>
    public static bool IsEvent(ReadOnlySpan<byte> data, int number, int eventBytes)
    {
        Span<byte> head = stackalloc byte[20];
        "data: "u8.CopyTo(head);
        System.Buffers.Text.Utf8Formatter.TryFormat(number, head[6..], out var digits);
        head[6 + digits] = (byte)' ';
        head = head[..(7 + digits)];
        return data.Length == eventBytes - 2 && data.StartsWith(head)
            && data[head.Length..].SequenceEqual(Pattern.AsSpan(number % Letters, data.Length - head.Length));
    }
}
