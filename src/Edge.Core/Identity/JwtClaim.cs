using System.Buffers.Text;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>A verified claim's value. It refers to the bytes of its <see cref="JwtClaims"/>.</summary>
public readonly ref struct JwtClaim
{
    private readonly ReadOnlySpan<byte> _payload;
    private readonly JwtValue _value;

    internal JwtClaim(ReadOnlySpan<byte> payload, JwtValue value)
    {
        _payload = payload;
        _value = value;
    }

    /// <summary>What it is; None if there is no such claim.</summary>
    public JwtValueKind Kind => _value.Kind;

    /// <summary>The JSON of an object, array, number or literal; for a string what stands between its quotes.</summary>
    public ReadOnlySpan<byte> Json => _value.Raw(_payload);

    /// <summary>
    /// The value as text: a string's text, a number, <c>true</c> or <c>false</c> as written. null for null, objects, arrays and
    /// where there is none.
    /// </summary>
    public string? Text => IsText ? Encoding.UTF8.GetString(_value.Text(_payload)) : null;

    private bool IsText => Kind is JwtValueKind.String or JwtValueKind.Number or JwtValueKind.True or JwtValueKind.False;

    /// <summary>
    /// Whether the claim is this text, or is an array with an element that is: how a rule like <c>claims: { role: admin }</c>
    /// holds for one role and for several. Numbers compare as written.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> text)
    {
        if (Kind != JwtValueKind.Array)
        {
            return IsText && _value.TextEquals(_payload, text);
        }

        var cursor = new JwtCursor(_payload, _value);
        while (cursor.Next())
        {
            var element = new JwtClaim(_payload, cursor.Value);
            if (element.IsText && cursor.Value.TextEquals(_payload, text))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A number as a whole one; false if it is none or does not fit.</summary>
    public bool TryGetInt64(out long number)
    {
        number = 0;
        return Kind == JwtValueKind.Number && Utf8Parser.TryParse(Json, out number, out var consumed) && consumed == Json.Length;
    }

    /// <summary>Adds the strings of an array, or the words of a string with spaces between them, to the list.</summary>
    public void AddWordsTo(ICollection<string> words)
    {
        if (Kind == JwtValueKind.String)
        {
            foreach (var word in Text!.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                words.Add(word);
            }
        }
        else if (Kind == JwtValueKind.Array)
        {
            var cursor = new JwtCursor(_payload, _value);
            while (cursor.Next())
            {
                if (cursor.Value.Kind == JwtValueKind.String)
                {
                    words.Add(Encoding.UTF8.GetString(cursor.Value.Text(_payload)));
                }
            }
        }
    }
}
