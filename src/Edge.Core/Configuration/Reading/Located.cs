using System.Linq;

namespace Edge.Core.Configuration.Reading;

/// <summary>A value from the file with its place.</summary>
/// <param name="Value">The value.</param>
/// <param name="Place">Where it stands.</param>
/// <param name="Hidden">True where it was made from a variable or a file, so that no message may show it.</param>
internal readonly record struct Located<T>(T Value, Place Place, bool Hidden = false);

/// <summary>A value under a name that the file chooses.</summary>
/// <param name="Name">The key.</param>
/// <param name="Value">What stands under it.</param>
internal readonly record struct Named<T>(Located<string> Name, Located<T> Value);

/// <summary>How values are put into messages.</summary>
internal static class Show
{
    /// <summary>Most characters of a value that a message repeats.</summary>
    public const int QuotedCharsMax = 60;

    /// <summary>The text in quotes, cut where it is long, or a paraphrase where it may be a secret.</summary>
    public static string Text(this Located<string> value) => Text(value.Value, value.Hidden);

    /// <inheritdoc cref="Text(Located{string})"/>
    public static string Text(string text, bool hidden) => hidden ? "the expanded value" : Quote(text);

    /// <summary>The text in quotes, on one line, cut where it is long.</summary>
    public static string Quote(string text)
    {
        var cut = text.Length > QuotedCharsMax ? string.Concat(text.AsSpan(0, QuotedCharsMax), "...") : text;
        return $"'{string.Concat(cut.Select(Visible))}'";
    }

    /// <summary>Control and format characters could change how a terminal shows the rest of the message.</summary>
    private static string Visible(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format
            ? $"\\u{(int)c:x4}"
            : c.ToString();
}
