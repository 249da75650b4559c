using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>Identifiers of answers: each dialect knows its own by how they begin. Stateless.</summary>
internal static class AnswerIds
{
    /// <summary>Longest that is carried over.</summary>
    public const int IdBytesMax = 128;

    private static ReadOnlySpan<byte> Chat => "chatcmpl-"u8;

    private static ReadOnlySpan<byte> Message => "msg_"u8;

    /// <summary>Writes the identifier of an answer in the other dialect's way, quotes included.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="tape">The answer.</param>
    /// <param name="token">Its identifier, or -1.</param>
    /// <param name="isForChat">It is for a completion; else for a message.</param>
    /// <param name="fallback">What to call an answer that has none. Without anything that JSON escapes.</param>
    public static void Write(HeadBuffer to, JsonTape tape, int token, bool isForChat, ReadOnlySpan<byte> fallback)
    {
        var id = token >= 0 && tape.Tokens[token].Kind == JsonKind.String ? tape.Tokens[token].Inner(tape.Text) : default;
        id = id.Length is 0 or > IdBytesMax ? fallback : id;
        var old = isForChat ? Message : Chat;
        id = id.StartsWith(old) ? id[old.Length..] : id;
        to.Write("\""u8);
        to.Write(isForChat ? Chat : Message);
        to.Write(id);
        to.Write("\""u8);
    }
}
