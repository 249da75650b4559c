using System.Globalization;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>Statuses of answers, and shares.</summary>
internal static class Statuses
{
    /// <summary>What JSON Schema can say of a status.</summary>
    public const string Pattern = "^[1-5]([0-9][0-9]|xx)$";

    /// <summary>What JSON Schema can say of a share in percent.</summary>
    public const string PercentPattern = "^[0-9]{1,3}([.][0-9]{1,6})?%$";

    /// <summary>Reads a status, or a class of them such as 2xx.</summary>
    public static Parsed<StatusRange> Parse(string text)
    {
        if (text.Length == 3 && text[0] is >= '1' and <= '5')
        {
            var hundred = (text[0] - '0') * 100;
            if (text[1..] == "xx") return new StatusRange(hundred, hundred + 99);
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status))
                return new StatusRange(status, status);
        }

        return new Problem("is not a status; write a number from 100 to 599, or 2xx for all of a class");
    }

    /// <summary>Reads a share in percent.</summary>
    public static Parsed<double> ParsePercent(string text)
    {
        if (text.EndsWith('%')
            && double.TryParse(
                text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent <= 100)
        {
            return Math.Round(percent / 100, 10);
        }

        return new Problem("is not a share; write a number from 0 to 100 with a %, such as 20%");
    }
}
