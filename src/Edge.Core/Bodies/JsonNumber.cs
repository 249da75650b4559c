using System.Runtime.CompilerServices;

namespace Edge.Core.Bodies;

/// <summary>
/// A JSON number as what it says, without rounding: sign, significant digits, and the power of ten of the first and of the last
/// of them. It points into the number's spelling.
/// </summary>
public readonly ref struct JsonNumber
{
    /// <summary>Exponents beyond this are taken as this; no two numbers that can be told apart in use become equal.</summary>
    private const int ExponentMax = 100_000_000;

    /// <summary>What <see cref="TryReadShort"/> counts in.</summary>
    public const long Billion = 1_000_000_000;

    private readonly ReadOnlySpan<byte> _digits;

    private JsonNumber(ReadOnlySpan<byte> digits, bool isNegative, int magnitude, int exponent)
    {
        _digits = digits;
        IsNegative = isNegative;
        Magnitude = magnitude;
        Exponent = exponent;
    }

    /// <summary>Below zero. Minus zero is not.</summary>
    public bool IsNegative { get; }

    /// <summary>Power of ten of the first significant digit; the least one for zero.</summary>
    public int Magnitude { get; }

    /// <summary>Power of ten of the last significant digit; 0 for zero.</summary>
    public int Exponent { get; }

    /// <summary>Zero, of either sign.</summary>
    public bool IsZero => _digits.IsEmpty;

    /// <summary>Without a fraction, however it is spelled: 1.0 and 1e2 are integers.</summary>
    public bool IsInteger => Exponent >= 0;

    /// <summary>Reads a number that is spelled as JSON has it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static JsonNumber Parse(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        text = text[(isNegative ? 1 : 0)..];
        var exponent = 0;
        var e = text.IndexOfAny((byte)'e', (byte)'E');
        if (e >= 0)
        {
            exponent = ReadExponent(text[(e + 1)..]);
            text = text[..e];
        }

        var dot = text.IndexOf((byte)'.');
        dot = dot < 0 ? text.Length : dot;
        var first = text.IndexOfAnyInRange((byte)'1', (byte)'9');
        if (first < 0)
        {
            return new JsonNumber(default, false, int.MinValue, 0);
        }

        var last = text.LastIndexOfAnyInRange((byte)'1', (byte)'9');
        return new JsonNumber(
            text[first..(last + 1)], isNegative, exponent + PlaceOf(first, dot), exponent + PlaceOf(last, dot));
    }

    /// <summary>
    /// Reads a number with at most nine digits before the point and nine behind it, and without an exponent, which nearly all
    /// are: exactly, and without taking it apart.
    /// </summary>
    /// <param name="text">As JSON has it.</param>
    /// <param name="billionths">The number, in billionths.</param>
    /// <returns>False: it is another one.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryReadShort(ReadOnlySpan<byte> text, out long billionths)
    {
        const int digitsMax = 9;
        billionths = 0;
        var whole = text[0] == '-' ? 1 : 0;
        var at = whole;
        var value = 0L;
        for (; (uint)at < (uint)text.Length && (uint)(text[at] - '0') <= 9; at++)
        {
            value = (value * 10) + (text[at] - '0');
        }

        if (at - whole > digitsMax)
        {
            return false;
        }

        value *= Billion;
        if (at < text.Length)
        {
            if (text[at] != '.' || text.Length - at - 1 > digitsMax)
            {
                return false;
            }

            var place = Billion;
            while (++at < text.Length)
            {
                var digit = (uint)(text[at] - '0');
                if (digit > 9)
                {
                    return false;
                }

                place /= 10;
                value += digit * place;
            }
        }

        billionths = whole > 0 ? -value : value;
        return true;
    }

    /// <summary>Whether a number has no fraction, however it is spelled.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> text) =>
        TryReadShort(text, out var billionths) ? billionths % Billion == 0 : Parse(text).IsInteger;

    /// <summary>Below, equal to or above another number: a negative number, 0, a positive one.</summary>
    public int CompareTo(in JsonNumber other)
    {
        if (IsNegative != other.IsNegative)
        {
            return IsNegative ? -1 : 1;
        }

        var difference = Magnitude.CompareTo(other.Magnitude);
        difference = difference == 0 ? CompareDigits(_digits, other._digits) : difference;
        return IsNegative ? -difference : difference;
    }

    /// <summary>Whether it is a whole number of times a divisor.</summary>
    /// <param name="digits">The divisor's significant digits, as a number of at most 18 digits; not 0.</param>
    /// <param name="exponent">The power of ten of the last of them.</param>
    public bool IsMultipleOf(ulong digits, int exponent)
    {
        if (IsZero)
        {
            return true;
        }

        // What has no trailing zero is no multiple of a power of ten above its last digit.
        if (Exponent < exponent)
        {
            return false;
        }

        var rest = 0UL;
        foreach (var digit in _digits)
        {
            rest = digit == '.' ? rest : ((rest * 10) + (ulong)(digit - '0')) % digits;
        }

        for (var i = exponent; i < Exponent && rest != 0; i++)
        {
            rest = rest * 10 % digits;
        }

        return rest == 0;
    }

    /// <summary>The number as a 64-bit integer, where it is one.</summary>
    public bool TryGetInt64(out long value)
    {
        value = 0;
        if (!IsInteger || Magnitude > 18)
        {
            return false;
        }

        var sum = 0L;
        foreach (var digit in _digits)
        {
            sum = digit == '.' ? sum : (sum * 10) - (digit - '0');
        }

        // Counted downwards, where there is one more.
        for (var i = 0; i < Exponent; i++)
        {
            sum *= 10;
        }

        value = IsNegative ? sum : -sum;
        return sum <= 0 && (IsNegative || sum != long.MinValue);
    }

    /// <summary>The significant digits as an integer, where there are at most 18 of them.</summary>
    public bool TryGetDigits(out ulong digits)
    {
        digits = 0;
        var count = 0;
        foreach (var digit in _digits)
        {
            if (digit != '.')
            {
                digits = (digits * 10) + (ulong)(digit - '0');
                count++;
            }
        }

        return count <= 18;
    }

    /// <summary>Adds what the number says to a hash: equal numbers, however spelled, add the same.</summary>
    public void AddTo(ref HashCode hash)
    {
        hash.Add(IsNegative);
        hash.Add(Magnitude);
        foreach (var digit in _digits)
        {
            if (digit != '.')
            {
                hash.Add(digit);
            }
        }
    }

    /// <summary>Copies the significant digits, in ASCII and without the point. Equal numbers have the same.</summary>
    /// <param name="to">Room for as many bytes as the number is spelled with.</param>
    /// <returns>How many there are.</returns>
    public int CopyDigits(Span<byte> to)
    {
        var count = 0;
        foreach (var digit in _digits)
        {
            if (digit != '.')
            {
                to[count++] = digit;
            }
        }

        return count;
    }

    private static int CompareDigits(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int l = 0, r = 0;
        while (true)
        {
            l += l < left.Length && left[l] == '.' ? 1 : 0;
            r += r < right.Length && right[r] == '.' ? 1 : 0;
            if (l == left.Length || r == right.Length)
            {
                return (left.Length - l).CompareTo(right.Length - r);
            }

            if (left[l] != right[r])
            {
                return left[l].CompareTo(right[r]);
            }

            l++;
            r++;
        }
    }

    private static int PlaceOf(int digit, int dot) => digit < dot ? dot - 1 - digit : dot - digit;

    private static int ReadExponent(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        text = text[(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)..];
        var value = 0;
        foreach (var digit in text)
        {
            value = Math.Min((value * 10) + (digit - '0'), ExponentMax);
        }

        return isNegative ? -value : value;
    }
}
