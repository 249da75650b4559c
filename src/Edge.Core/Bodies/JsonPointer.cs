using System.Globalization;
using System.Text;

namespace Edge.Core.Bodies;

/// <summary>JSON Pointers (RFC 6901) to and from the tokens of a text. Stateless.</summary>
public static class JsonPointer
{
    /// <summary>The pointer to a value, or to the member that a name belongs to.</summary>
    public static string Of(JsonTape tape, int token)
    {
        var pointer = new StringBuilder();
        var at = 0;
        while (at != token)
        {
            at = StepTowards(tape, at, token, pointer);
        }

        return pointer.ToString();
    }

    /// <summary>Appends one reference token, with its slash, escaped.</summary>
    public static StringBuilder Append(StringBuilder pointer, ReadOnlySpan<byte> name) =>
        pointer.Append('/').Append(Encoding.UTF8.GetString(name).Replace("~", "~0", StringComparison.Ordinal)
            .Replace("/", "~1", StringComparison.Ordinal));

    /// <summary>The value that a pointer names, from some value on; -1 where there is none.</summary>
    /// <param name="tape">The text.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="steps">The pointer's reference tokens, unescaped, in UTF-8.</param>
    public static int Find(JsonTape tape, int from, ReadOnlySpan<byte[]> steps)
    {
        foreach (var step in steps)
        {
            from = tape.Tokens[from].Kind == JsonKind.Array ? FindItem(tape, from, step) : tape.Find(from, step);
            if (from < 0)
            {
                return -1;
            }
        }

        return from;
    }

    /// <summary>The reference tokens of a pointer, unescaped; null where it is not one.</summary>
    public static byte[][]? Parse(string pointer)
    {
        if (pointer.Length == 0)
        {
            return [];
        }

        if (pointer[0] != '/')
        {
            return null;
        }

        var parts = pointer[1..].Split('/');
        var steps = new byte[parts.Length][];
        for (var i = 0; i < parts.Length; i++)
        {
            steps[i] = Encoding.UTF8.GetBytes(
                parts[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        }

        return steps;
    }

    private static int FindItem(JsonTape tape, int parent, ReadOnlySpan<byte> step)
    {
        if (step.IsEmpty || step.Length > 9 || (step[0] == '0' && step.Length > 1)
            || step.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return -1;
        }

        var left = int.Parse(step, NumberStyles.None, CultureInfo.InvariantCulture);
        if (left >= tape.Tokens[parent].Count)
        {
            return -1;
        }

        var at = parent + 1;
        for (; left > 0; left--)
        {
            at = tape.Tokens[at].Next;
        }

        return at;
    }

    private static int StepTowards(JsonTape tape, int parent, int token, StringBuilder pointer)
    {
        var tokens = tape.Tokens;
        if (tokens[parent].Kind == JsonKind.Array)
        {
            var at = parent + 1;
            var index = 0;
            for (; tokens[at].Next <= token; index++)
            {
                at = tokens[at].Next;
            }

            pointer.Append('/').Append(index);
            return at;
        }

        var name = parent + 1;
        while (tokens[name + 1].Next <= token)
        {
            name = tokens[name + 1].Next;
        }

        Append(pointer, tape.TextOf(name));
        return name == token ? name : name + 1;
    }
}
