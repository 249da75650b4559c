using System.Buffers.Text;
using System.Text;

namespace Edge.Core.Http;

/// <summary>
/// Reads dates of header fields, in the three forms that there are (RFC 9110, section 5.6.7); case does not count (RFC 9111,
/// section 4.2).
/// </summary>
public static class HttpDate
{
    private const int FixedLength = 29;
    private const int MonthChars = 3;
    private const int CenturyYears = 100;
    private const int FutureYearsMax = 50;

    private static ReadOnlySpan<byte> Months => "JanFebMarAprMayJunJulAugSepOctNovDec"u8;

    /// <summary>Reads a date.</summary>
    /// <param name="text">The value, without blanks around it.</param>
    /// <param name="thisYear">The year in which it is, for those with two digits.</param>
    /// <param name="seconds">Seconds since 1970.</param>
    /// <returns>False: it is no date.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, int thisYear, out long seconds)
    {
        seconds = 0;

        // Sun, 06 Nov 1994 08:49:37 GMT
        if (text.Length == FixedLength && text[3] == ',')
        {
            return IsAt(text, 4, " "u8) && IsAt(text, 7, " "u8) && IsAt(text, 11, " "u8) && IsAt(text, 16, " "u8)
                && IsAt(text, 25, " GMT"u8)
                && TryMake(text[5..7], text[8..11], text[12..16], text[17..25], thisYear, out seconds);
        }

        var comma = text.IndexOf((byte)',');
        if (comma > 0)
        {
            // Sunday, 06-Nov-94 08:49:37 GMT
            text = text[(comma + 1)..];
            return text.Length == 23 && IsAt(text, 0, " "u8) && IsAt(text, 3, "-"u8) && IsAt(text, 7, "-"u8)
                && IsAt(text, 10, " "u8) && IsAt(text, 19, " GMT"u8)
                && TryMake(text[1..3], text[4..7], text[8..10], text[11..19], thisYear, out seconds);
        }

        // Sun Nov  6 08:49:37 1994
        return text.Length == 24 && IsAt(text, 3, " "u8) && IsAt(text, 7, " "u8) && IsAt(text, 10, " "u8) && IsAt(text, 19, " "u8)
            && TryMake(text[8..10].TrimStart((byte)' '), text[4..7], text[20..24], text[11..19], thisYear, out seconds);
    }

    private static bool IsAt(ReadOnlySpan<byte> text, int at, ReadOnlySpan<byte> what) =>
        text.Length - at >= what.Length && Ascii.EqualsIgnoreCase(text.Slice(at, what.Length), what);

    /// <summary>Where a month's name begins; -1: there is no such month.</summary>
    private static int MonthAt(ReadOnlySpan<byte> name)
    {
        for (var at = 0; at < Months.Length; at += MonthChars)
        {
            if (Ascii.EqualsIgnoreCase(Months.Slice(at, MonthChars), name))
            {
                return at;
            }
        }

        return -1;
    }

    private static bool TryMake(
        ReadOnlySpan<byte> dayText, ReadOnlySpan<byte> monthText, ReadOnlySpan<byte> yearText, ReadOnlySpan<byte> time,
        int thisYear, out long seconds)
    {
        seconds = 0;
        var month = MonthAt(monthText);
        if (month < 0 || time[2] != ':' || time[5] != ':'
            || !TryNumber(dayText, out var day) || !TryNumber(yearText, out var year)
            || !TryNumber(time[..2], out var hour) || !TryNumber(time[3..5], out var minute)
            || !TryNumber(time[6..], out var second))
        {
            return false;
        }

        if (yearText.Length == 2)
        {
            // What would be more than 50 years ahead is in the past.
            year += thisYear - (thisYear % CenturyYears);
            year -= year > thisYear + FutureYearsMax ? CenturyYears : 0;
        }

        month = (month / MonthChars) + 1;
        if (year is < 1 or > 9999 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        var date = new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Utc);
        seconds = (date.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length;
    }
}
