using System.Linq;
using System.Text;

namespace Edge.Core.Configuration.Reading;

/// <summary>
/// Puts environment variables and files into values: <c>${NAME}</c>, <c>${NAME:-default}</c>, <c>${file:path}</c>, and
/// <c>$$</c> for a dollar. What it puts in is hidden from every message. Used by one thread.
/// </summary>
internal sealed class Expander(IConfigurationSource source, ConfigurationFiles files, DiagnosticBag diagnostics)
{
    /// <summary>Most bytes of a file that is put into a value.</summary>
    public const int SecretFileBytesMax = 64 * 1024;

    /// <summary>Most characters of one value after expansion.</summary>
    public const int ValueCharsMax = 128 * 1024;

    /// <summary>Most characters that all expanded values of a configuration have together.</summary>
    public const int AllValuesCharsMax = 32 * 1024 * 1024;

    private const string FilePrefix = "file:";
    private const string DefaultMark = ":-";

    private int _charsLeft = AllValuesCharsMax;

    /// <summary>One that does the same for another file, whose errors go elsewhere, and with a budget of its own.</summary>
    public Expander TellingTo(DiagnosticBag other) => new(source, files, other);

    /// <summary>Expands a value.</summary>
    /// <param name="node">As written.</param>
    /// <param name="escapeBraces">
    /// True for text with placeholders: a brace that comes from outside is doubled, so that it can never begin one.
    /// </param>
    /// <param name="value">What came of it.</param>
    /// <returns>False where something is wrong, which has then been told.</returns>
    public bool TryExpand(ScalarNode node, bool escapeBraces, out Located<string> value)
    {
        value = new Located<string>(node.Text, node.Place);
        if (!node.Text.Contains('$', StringComparison.Ordinal)) return true;
        var result = new StringBuilder();
        var hidden = false;
        var complete = true;
        var rest = node.Text.AsSpan();
        while (rest.IndexOf('$') is >= 0 and var dollar)
        {
            result.Append(rest[..dollar]);
            rest = rest[(dollar + 1)..];
            if (rest.StartsWith("$"))
            {
                result.Append('$');
                rest = rest[1..];
                continue;
            }

            var end = rest.IndexOf('}');
            if (!rest.StartsWith("{") || end < 0)
            {
                diagnostics.Add(
                    node.Place, "a '$' must begin ${NAME}, ${NAME:-default} or ${file:path}; write '$$' for a dollar");
                return false;
            }

            hidden = true;
            var part = Resolve(rest[1..end].ToString(), node.Place);
            rest = rest[(end + 1)..];
            complete &= part is not null;
            result.Append(escapeBraces ? part?.Replace("{", "{{", StringComparison.Ordinal) : part);
            if (result.Length <= ValueCharsMax) continue;
            diagnostics.Add(node.Place, $"the expanded value has more than {ValueCharsMax} characters");
            return false;
        }

        result.Append(rest);
        value = new Located<string>(result.ToString(), node.Place, hidden);
        return complete && Spend(result.Length, node.Place);
    }

    private bool Spend(int chars, Place place)
    {
        _charsLeft -= Math.Min(chars, _charsLeft + 1);
        if (_charsLeft >= 0) return true;
        diagnostics.Add(place, $"all expanded values together have more than {AllValuesCharsMax} characters");
        return false;
    }

    /// <summary>What stands for the text between <c>${</c> and <c>}</c>, or null after an error.</summary>
    private string? Resolve(string reference, Place place)
    {
        if (reference.StartsWith(FilePrefix, StringComparison.Ordinal)) return ReadFile(reference[FilePrefix.Length..], place);
        var mark = reference.IndexOf(DefaultMark, StringComparison.Ordinal);
        var name = mark < 0 ? reference : reference[..mark];
        if (!IsVariableName(name))
        {
            diagnostics.Add(place, "between '${' and '}' there must be a variable's name (letters, digits and '_') or file:path");
            return null;
        }

        var value = source.GetVariable(name);
        if (mark >= 0) return string.IsNullOrEmpty(value) ? reference[(mark + DefaultMark.Length)..] : value;
        if (value is null)
        {
            diagnostics.Add(
                place, $"environment variable {Show.Quote(name)} is not set; set it, or write a default: ${{{name}:-default}}");
        }

        return value;
    }

    private string? ReadFile(string path, Place place)
    {
        var file = files.Read(path, SecretFileBytesMax);
        if (file.Problem is not null)
        {
            diagnostics.Add(place, $"file {Show.Quote(path)} {file.Problem}");
            return null;
        }

        var text = file.Text.AsSpan();
        if (text.EndsWith("\n")) text = text[..^1];
        if (text.EndsWith("\r")) text = text[..^1];
        return text.ToString();
    }

    private static bool IsVariableName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
