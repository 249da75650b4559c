using System.Buffers.Text;
using Edge.Core.Bodies;

namespace Edge.Core.Llm;

/// <summary>Reads what an upstream of OpenAI's dialect says when it is asked for the vector of one text.</summary>
public static class EmbeddingAnswer
{
    /// <summary>Longest answer: a vector of 4,096 numbers, spelled out with room to spare.</summary>
    public const int BytesMax = 256 * 1024;

    /// <summary>Reads the vector.</summary>
    /// <param name="answer">The answer, which has been read as JSON.</param>
    /// <param name="vector">Where it goes. It has to have exactly so many numbers.</param>
    /// <param name="tokens">Tokens that the provider counts for it; 0: it does not say.</param>
    /// <returns>False: it is not one vector of that length, of finite numbers.</returns>
    public static bool TryRead(JsonTape answer, Span<float> vector, out long tokens)
    {
        tokens = 0;
        var items = Find(answer, 0, "data"u8, JsonKind.Array);
        if (items < 0 || answer.Tokens[items].Count != 1)
        {
            return false;
        }

        var numbers = Find(answer, items + 1, "embedding"u8, JsonKind.Array);
        if (numbers < 0 || answer.Tokens[numbers].Count != vector.Length)
        {
            return false;
        }

        var at = numbers + 1;
        foreach (ref var value in vector)
        {
            if (!TryReadNumber(answer, at, out value))
            {
                return false;
            }

            at++;
        }

        tokens = TokensOf(answer);
        return true;
    }

    private static bool TryReadNumber(JsonTape answer, int token, out float value)
    {
        value = 0;
        ref readonly var it = ref answer.Tokens[token];
        if (it.Kind != JsonKind.Number)
        {
            return false;
        }

        var raw = it.Raw(answer.Text);
        var isRead = Utf8Parser.TryParse(raw, out double number, out var used) && used == raw.Length;
        value = (float)number;
        return isRead && float.IsFinite(value);
    }

    private static long TokensOf(JsonTape answer)
    {
        var usage = Find(answer, 0, "usage"u8, JsonKind.Object);
        var count = usage < 0 ? -1 : Find(answer, usage, "prompt_tokens"u8, JsonKind.Number);
        if (count < 0)
        {
            return 0;
        }

        var raw = answer.Tokens[count].Raw(answer.Text);
        return Utf8Parser.TryParse(raw, out int tokens, out var used) && used == raw.Length ? Math.Max(0, tokens) : 0;
    }

    private static int Find(JsonTape answer, int parent, ReadOnlySpan<byte> name, JsonKind kind)
    {
        var found = answer.Find(parent, name);
        return found >= 0 && answer.Tokens[found].Kind == kind ? found : -1;
    }
}
