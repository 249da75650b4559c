namespace Edge.Core.Http;

/// <summary>
/// One range of bytes that a request asks for (RFC 9110, section 14.1.2): from a first byte to a last one or to the end, or the
/// last so many.
/// </summary>
public readonly record struct ByteRange
{
    private const string Unit = "bytes=";
    private const int Ten = 10;

    private readonly long _first;
    private readonly long _last;

    private ByteRange(long first, long last)
    {
        _first = first;
        _last = last;
        IsGiven = true;
    }

    /// <summary>False where nothing is asked for, as of one that was not read.</summary>
    public bool IsGiven { get; }

    /// <summary>True where it is for the last bytes, however many there are.</summary>
    public bool IsSuffix => _first < 0;

    /// <summary>Reads a Range field that asks for a single range of bytes.</summary>
    /// <param name="text">The value.</param>
    /// <param name="range">The range.</param>
    /// <returns>False: it asks for several, or in another unit, or says nothing by this grammar.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out ByteRange range)
    {
        range = default;
        if (!text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        text = text[Unit.Length..];
        var dash = text.IndexOf('-');
        if (dash < 0)
        {
            return false;
        }

        var (first, last) = (-1L, long.MaxValue);
        if ((dash > 0 && !TryNumber(text[..dash], out first))
            || (dash + 1 < text.Length ? !TryNumber(text[(dash + 1)..], out last) : dash == 0)
            || last < first)
        {
            return false;
        }

        range = new ByteRange(first, last);
        return true;
    }

    /// <summary>Finds out which bytes those are.</summary>
    /// <param name="length">How many there are.</param>
    /// <param name="start">The first one.</param>
    /// <param name="count">How many of them, at least one.</param>
    /// <returns>False: there are none.</returns>
    public bool TryResolve(long length, out long start, out long count)
    {
        start = _first >= 0 ? _first : Math.Max(0, length - _last);
        count = IsGiven && start < length ? (_first >= 0 && _last < length ? _last + 1 : length) - start : 0;
        return count > 0;
    }

    // No answer has more bytes than a number has room for.
    private static bool TryNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        foreach (var sign in text)
        {
            if (!char.IsAsciiDigit(sign))
            {
                return false;
            }

            number = number > (long.MaxValue - Ten) / Ten ? long.MaxValue : (number * Ten) + (sign - '0');
        }

        return true;
    }
}
