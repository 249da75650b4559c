using System.Collections.Immutable;
using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Templating;

/// <summary>
/// Text with placeholders (<c>{caller.id}</c>, <c>{request.id}</c>), compiled once. Immutable; two that say the same are equal.
/// Writing one allocates nothing.
/// </summary>
/// <remarks>
/// What fills a placeholder comes from callers, and can therefore never end a header or begin another part of one: everything but
/// visible ASCII and inner spaces is percent-encoded (RFC 3986, section 2.1; UTF-8), and so are <c>% " , ; \</c>, by which lists,
/// parameters and quoted strings are told apart. Whoever reads the header gets the value by percent-decoding.
/// </remarks>
public sealed class Template : IEquatable<Template>
{
    /// <summary>Most characters of a value, as it is before it is encoded; a longer one counts as missing.</summary>
    public const int ValueCharsMax = 2048;

    private readonly ImmutableArray<TemplatePart> _parts;

    private Template(ImmutableArray<TemplatePart> parts) => _parts = parts;

    /// <summary>Literal texts and placeholders in their order.</summary>
    public ImmutableArray<TemplatePart> Parts => _parts;

    /// <summary>True where there is no placeholder in it.</summary>
    public bool IsLiteral => _parts.Length == 0 || (_parts.Length == 1 && _parts[0].Literal is not null);

    /// <summary>The text of a template without placeholders.</summary>
    public string LiteralText => _parts.Length == 0 ? "" : _parts[0].Literal!;

    /// <summary>A text without placeholders, in which braces mean themselves.</summary>
    public static Template Literal(string text) => new(text.Length == 0 ? [] : [new TemplatePart(text)]);

    /// <summary>Compiles a text in which <c>{{</c> is a brace and <c>{name}</c> a placeholder.</summary>
    /// <param name="text">The text.</param>
    /// <param name="template">What came of it, or null.</param>
    /// <param name="problem">Why nothing came of it, as the rest of a sentence that begins with the text.</param>
    public static bool TryParse(string text, out Template? template, out string? problem)
    {
        template = null;
        problem = null;
        var parts = ImmutableArray.CreateBuilder<TemplatePart>();
        var literal = new StringBuilder();
        var at = 0;
        while (at < text.Length)
        {
            var brace = text.IndexOf('{', at);
            if (brace < 0 || brace == text.Length - 1 || text[brace + 1] == '{')
            {
                var end = brace < 0 ? text.Length : brace + 1;
                literal.Append(text, at, end - at);
                if (brace == text.Length - 1)
                {
                    problem = TemplatePart.Unclosed;
                    return false;
                }

                at = brace < 0 ? end : end + 1;
                continue;
            }

            literal.Append(text, at, brace - at);
            var close = text.IndexOf('}', brace);
            if (close < 0)
            {
                problem = TemplatePart.Unclosed;
                return false;
            }

            if (!TemplatePart.TryParse(text.AsSpan(brace + 1, close - brace - 1), out var part, out problem))
            {
                return false;
            }

            Flush(literal, parts);
            parts.Add(part);
            at = close + 1;
        }

        Flush(literal, parts);
        template = new Template(parts.ToImmutable());
        return true;
    }

    /// <summary>Writes the text with its placeholders filled in and encoded: ASCII, if the literal parts are.</summary>
    /// <returns>False where a placeholder has no value or too long a one: what was written is then taken back.</returns>
    public bool TryWrite(HeadBuffer to, in TemplateValues values)
    {
        var start = to.Length;
        foreach (var part in _parts)
        {
            if (part.Literal is { } literal)
            {
                to.WriteLatin1(literal);
            }
            else if (values.Get(part.Field, part.Claim) is { Length: > 0 and <= ValueCharsMax } value)
            {
                TemplateEncoding.Write(to, value);
            }
            else
            {
                to.Truncate(start);
                return false;
            }
        }

        return true;
    }

    /// <summary>The text with its placeholders filled in and encoded, or null where one has no value or too long a one.</summary>
    public string? TryFormat(in TemplateValues values)
    {
        if (IsLiteral)
        {
            return LiteralText;
        }

        if (_parts.Length == 1 && values.Get(_parts[0].Field, _parts[0].Claim) is { Length: > 0 and <= ValueCharsMax } only
            && TemplateEncoding.IsPlain(only))
        {
            return only;
        }

        var buffer = new HeadBuffer();
        var text = TryWrite(buffer, values) ? Encoding.Latin1.GetString(buffer.Written.Span) : null;
        buffer.ReturnMemory();
        return text;
    }

    /// <inheritdoc/>
    public bool Equals(Template? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Template);

    /// <inheritdoc/>
    public override int GetHashCode() => _parts.Length == 0 ? 0 : _parts[0].GetHashCode();

    /// <summary>Never the text, which may hold a secret.</summary>
    public override string ToString() => "***";

    private static void Flush(StringBuilder literal, ImmutableArray<TemplatePart>.Builder parts)
    {
        if (literal.Length > 0)
        {
            parts.Add(new TemplatePart(literal.ToString()));
            literal.Clear();
        }
    }
}
