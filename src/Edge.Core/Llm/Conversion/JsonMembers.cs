using Edge.Core.Bodies;

namespace Edge.Core.Llm.Conversion;

/// <summary>What the two conversions ask of JSON objects. Stateless.</summary>
internal static class JsonMembers
{
    /// <summary>Whether a token is of a kind; -1 is of none.</summary>
    public static bool Is(JsonTape tape, int token, JsonKind kind) => token >= 0 && tape.Tokens[token].Kind == kind;

    /// <summary>A string with something in it.</summary>
    public static bool IsText(JsonTape tape, int token) => Is(tape, token, JsonKind.String) && tape.Tokens[token].Count > 0;

    /// <summary>The token as it stands.</summary>
    public static ReadOnlySpan<byte> Raw(JsonTape tape, int token) => tape.Tokens[token].Raw(tape.Text);

    /// <summary>True where it is not there, null, or an empty list or text.</summary>
    public static bool SaysNothing(JsonTape tape, int token) =>
        token < 0 || Is(tape, token, JsonKind.Null)
        || (tape.Tokens[token].Kind is JsonKind.Array or JsonKind.String && tape.Tokens[token].Count == 0);

    /// <summary>A string, or null, or not there.</summary>
    public static bool IsStringOrNothing(JsonTape tape, int token) =>
        token < 0 || tape.Tokens[token].Kind is JsonKind.String or JsonKind.Null;

    /// <summary>An object that is written in one line, as events are.</summary>
    public static bool IsObjectInALine(JsonTape tape, int token) =>
        Is(tape, token, JsonKind.Object) && !Raw(tape, token).ContainsAny((byte)'\r', (byte)'\n');

    /// <summary>True where an object has no member but these, whose names are parted by blanks.</summary>
    public static bool HasOnly(JsonTape tape, int parent, ReadOnlySpan<byte> names)
    {
        if (!Is(tape, parent, JsonKind.Object))
        {
            return false;
        }

        for (var at = parent + 1; at < tape.Tokens[parent].Next; at = tape.Tokens[at + 1].Next)
        {
            var name = tape.TextOf(at);
            var isKnown = false;
            foreach (var range in names.Split((byte)' '))
            {
                isKnown |= names[range].SequenceEqual(name);
            }

            if (!isKnown)
            {
                return false;
            }
        }

        return true;
    }
}
