using System.Globalization;
using System.Text;

namespace Edge.Core.Bodies.Patterns;

/// <summary>A set of Unicode code points: ranges in order, apart from each other. Immutable.</summary>
internal sealed class CharacterSet
{
    private const int Last = 0x10FFFF;

    private CharacterSet(List<(int First, int Last)> ranges) => Ranges = ranges;

    /// <summary>The ranges, both ends included.</summary>
    public List<(int First, int Last)> Ranges { get; }

    /// <summary><c>.</c>: all but line terminators.</summary>
    public static CharacterSet Any { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Inverted();

    /// <summary><c>\d</c></summary>
    public static CharacterSet Digit { get; } = Of(('0', '9'));

    /// <summary><c>\w</c></summary>
    public static CharacterSet Word { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    /// <summary><c>\s</c>: ECMA-262's WhiteSpace and LineTerminator.</summary>
    public static CharacterSet Space { get; } = Of(
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
        (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>The union of ranges in any order.</summary>
    public static CharacterSet Of(params ReadOnlySpan<(int First, int Last)> ranges)
    {
        var sorted = new List<(int First, int Last)>(ranges.Length);
        sorted.AddRange(ranges);
        sorted.Sort(static (left, right) => left.First.CompareTo(right.First));
        var merged = new List<(int First, int Last)>(sorted.Count);
        foreach (var range in sorted)
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, range.Last));
            }
            else
            {
                merged.Add(range);
            }
        }

        return new CharacterSet(merged);
    }

    /// <summary>All that is not in it.</summary>
    public CharacterSet Inverted()
    {
        var inverted = new List<(int, int)>(Ranges.Count + 1);
        var next = 0;
        foreach (var (first, last) in Ranges)
        {
            if (first > next)
            {
                inverted.Add((next, first - 1));
            }

            next = last + 1;
        }

        if (next <= Last)
        {
            inverted.Add((next, Last));
        }

        return new CharacterSet(inverted);
    }

    /// <summary>A general category (<c>L</c>, <c>Letter</c>, <c>Nd</c>, ...) or null where there is none of that name.</summary>
    /// <param name="name">As in <c>\p{name}</c>, also with <c>General_Category=</c> or <c>gc=</c> before it.</param>
    public static CharacterSet? Category(string name)
    {
        var equals = name.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0 && name[..equals] is not ("gc" or "General_Category"))
        {
            return null;
        }

        var value = name[(equals + 1)..];
        if (value is "Any")
        {
            return Of((0, Last));
        }

        if (value is "ASCII")
        {
            return Of((0, 0x7F));
        }

        foreach (var (shortName, longName, first, last) in Categories)
        {
            // The long names are known in lower case too: schemas in circulation say \p{digit}.
            if (value == shortName || value.Equals(longName, StringComparison.OrdinalIgnoreCase)
                || (shortName == "Nd" && value == "digit"))
            {
                return OfCategories(first, last);
            }
        }

        return null;
    }

    private static readonly (string Short, string Long, UnicodeCategory First, UnicodeCategory Last)[] Categories =
    [
        ("L", "Letter", UnicodeCategory.UppercaseLetter, UnicodeCategory.OtherLetter),
        ("Lu", "Uppercase_Letter", UnicodeCategory.UppercaseLetter, UnicodeCategory.UppercaseLetter),
        ("Ll", "Lowercase_Letter", UnicodeCategory.LowercaseLetter, UnicodeCategory.LowercaseLetter),
        ("Lt", "Titlecase_Letter", UnicodeCategory.TitlecaseLetter, UnicodeCategory.TitlecaseLetter),
        ("LC", "Cased_Letter", UnicodeCategory.UppercaseLetter, UnicodeCategory.TitlecaseLetter),
        ("Lm", "Modifier_Letter", UnicodeCategory.ModifierLetter, UnicodeCategory.ModifierLetter),
        ("Lo", "Other_Letter", UnicodeCategory.OtherLetter, UnicodeCategory.OtherLetter),
        ("M", "Mark", UnicodeCategory.NonSpacingMark, UnicodeCategory.EnclosingMark),
        ("Mn", "Nonspacing_Mark", UnicodeCategory.NonSpacingMark, UnicodeCategory.NonSpacingMark),
        ("Mc", "Spacing_Mark", UnicodeCategory.SpacingCombiningMark, UnicodeCategory.SpacingCombiningMark),
        ("Me", "Enclosing_Mark", UnicodeCategory.EnclosingMark, UnicodeCategory.EnclosingMark),
        ("N", "Number", UnicodeCategory.DecimalDigitNumber, UnicodeCategory.OtherNumber),
        ("Nd", "Decimal_Number", UnicodeCategory.DecimalDigitNumber, UnicodeCategory.DecimalDigitNumber),
        ("Nl", "Letter_Number", UnicodeCategory.LetterNumber, UnicodeCategory.LetterNumber),
        ("No", "Other_Number", UnicodeCategory.OtherNumber, UnicodeCategory.OtherNumber),
        ("Z", "Separator", UnicodeCategory.SpaceSeparator, UnicodeCategory.ParagraphSeparator),
        ("Zs", "Space_Separator", UnicodeCategory.SpaceSeparator, UnicodeCategory.SpaceSeparator),
        ("Zl", "Line_Separator", UnicodeCategory.LineSeparator, UnicodeCategory.LineSeparator),
        ("Zp", "Paragraph_Separator", UnicodeCategory.ParagraphSeparator, UnicodeCategory.ParagraphSeparator),
        ("Cc", "Control", UnicodeCategory.Control, UnicodeCategory.Control),
        ("Cf", "Format", UnicodeCategory.Format, UnicodeCategory.Format),
        ("Co", "Private_Use", UnicodeCategory.PrivateUse, UnicodeCategory.PrivateUse),
        ("P", "Punctuation", UnicodeCategory.ConnectorPunctuation, UnicodeCategory.OtherPunctuation),
        ("Pc", "Connector_Punctuation", UnicodeCategory.ConnectorPunctuation, UnicodeCategory.ConnectorPunctuation),
        ("Pd", "Dash_Punctuation", UnicodeCategory.DashPunctuation, UnicodeCategory.DashPunctuation),
        ("Ps", "Open_Punctuation", UnicodeCategory.OpenPunctuation, UnicodeCategory.OpenPunctuation),
        ("Pe", "Close_Punctuation", UnicodeCategory.ClosePunctuation, UnicodeCategory.ClosePunctuation),
        ("Pi", "Initial_Punctuation", UnicodeCategory.InitialQuotePunctuation, UnicodeCategory.InitialQuotePunctuation),
        ("Pf", "Final_Punctuation", UnicodeCategory.FinalQuotePunctuation, UnicodeCategory.FinalQuotePunctuation),
        ("Po", "Other_Punctuation", UnicodeCategory.OtherPunctuation, UnicodeCategory.OtherPunctuation),
        ("S", "Symbol", UnicodeCategory.MathSymbol, UnicodeCategory.OtherSymbol),
        ("Sm", "Math_Symbol", UnicodeCategory.MathSymbol, UnicodeCategory.MathSymbol),
        ("Sc", "Currency_Symbol", UnicodeCategory.CurrencySymbol, UnicodeCategory.CurrencySymbol),
        ("Sk", "Modifier_Symbol", UnicodeCategory.ModifierSymbol, UnicodeCategory.ModifierSymbol),
        ("So", "Other_Symbol", UnicodeCategory.OtherSymbol, UnicodeCategory.OtherSymbol),
    ];

    // The members of UnicodeCategory stand in groups, so that a major category is a range of them.
    private static CharacterSet OfCategories(UnicodeCategory first, UnicodeCategory last)
    {
        var ranges = new List<(int, int)>();
        var start = -1;
        for (var at = 0; at <= Last + 1; at++)
        {
            var isIn = at <= Last && Rune.IsValid(at) && Rune.GetUnicodeCategory(new Rune(at)) is var category
                && category >= first && category <= last;
            if (isIn && start < 0)
            {
                start = at;
            }
            else if (!isIn && start >= 0)
            {
                ranges.Add((start, at - 1));
                start = -1;
            }
        }

        return new CharacterSet(ranges);
    }
}
