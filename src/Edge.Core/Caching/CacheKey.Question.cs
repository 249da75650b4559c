using System.Buffers.Binary;
using Edge.Core.Bodies;
using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <content>The question in a key: the one text in which two keys may differ whose answers are taken for each other.</content>
public sealed partial class CacheKey
{
    /// <summary>Longest question, as spelled, for which near ones are looked for.</summary>
    public const int QuestionBytesMax = 8 * 1024;

    /// <summary>
    /// Finds the text of the last message, where that is the user's and all messages are text: no tools, no images, nothing that
    /// is not known here.
    /// </summary>
    /// <returns>Its token, or -1.</returns>
    public static int FindQuestion(JsonTape body, LlmApi api)
    {
        var messages = body.Find(0, "messages"u8);
        if (api is not (LlmApi.ChatCompletions or LlmApi.Messages) || messages < 0
            || body.Tokens[messages].Kind != JsonKind.Array || HasTools(body))
        {
            return -1;
        }

        var question = -1;
        for (var at = messages + 1; at < body.Tokens[messages].Next; at = body.Tokens[at].Next)
        {
            question = TextOfMessage(body, at, out var isText);
            if (!isText)
            {
                return -1;
            }
        }

        return question >= 0 && body.Tokens[question].End - body.Tokens[question].Start is > 2 and <= QuestionBytesMax
            ? question
            : -1;
    }

    /// <summary>
    /// Says, between <see cref="Begin"/> and the body, which text of the body is the question; -1: none of them.
    /// </summary>
    public void MarkQuestion(int token) => _json.MarkedToken = token;

    /// <summary>True where it is whole, and has a question.</summary>
    public bool HasQuestion => IsWhole && _json.MarkedToken >= 0;

    /// <summary>The question, where it has one: in UTF-8, without escapes.</summary>
    public ReadOnlySpan<byte> Question => Bytes[(_json.MarkedStart + sizeof(int))..(_json.MarkedStart + _json.MarkedLength)];

    /// <summary>
    /// The hash of all of the key but its question, and of the numbers in that: scope, route, model, parameters, all that was
    /// said before. Only keys that have it in common may have near questions.
    /// </summary>
    public KeyHash Partition(KeyHasher hasher)
    {
        var (start, end) = (_json.MarkedStart, _json.MarkedStart + _json.MarkedLength);
        _form.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(_form.GetSpan(sizeof(int)), start);
        _form.Advance(sizeof(int));
        _form.Write(Bytes[..start]);
        _form.Write(Bytes[end..]);
        var text = Bytes[(start + sizeof(int))..end];
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit((char)text[i]))
            {
                // One byte before each number, so that none runs into the next.
                _form.Write(i > 0 && char.IsAsciiDigit((char)text[i - 1]) ? text.Slice(i, 1) : [(byte)' ', text[i]]);
            }
        }

        var hash = hasher.Hash(_form.Written.Span);
        _form.ReturnMemory();
        return hash;
    }

    /// <summary>True where another key is the same, byte for byte, but for its question.</summary>
    public bool DiffersInQuestionOnly(ReadOnlySpan<byte> other)
    {
        var start = _json.MarkedStart;
        var behind = Bytes[(start + _json.MarkedLength)..];
        var text = other.Length - start - sizeof(int) - behind.Length;
        return text >= 0 && other[..start].SequenceEqual(Bytes[..start]) && other.EndsWith(behind)
            && BinaryPrimitives.ReadInt32LittleEndian(other[start..]) == text;
    }

    private static bool HasTools(JsonTape body) =>
        body.Find(0, "tools"u8) >= 0 || body.Find(0, "functions"u8) >= 0;

    /// <summary>The text of a user's message that is one text, or -1.</summary>
    private static int TextOfMessage(JsonTape body, int message, out bool isText)
    {
        var role = body.Find(message, "role"u8);
        var content = body.Find(message, "content"u8);
        isText = role >= 0 && content >= 0 && body.Tokens[role].Kind == JsonKind.String && !body.IsNamed(role, "tool"u8)
            && body.Find(message, "tool_calls"u8) < 0 && body.Find(message, "function_call"u8) < 0;
        if (!isText)
        {
            return -1;
        }

        var isUsers = body.IsNamed(role, "user"u8);
        if (body.Tokens[content].Kind == JsonKind.String)
        {
            return isUsers ? content : -1;
        }

        var text = -1;
        isText = body.Tokens[content].Kind == JsonKind.Array;
        for (var at = content + 1; isText && at < body.Tokens[content].Next; at = body.Tokens[at].Next)
        {
            var type = body.Find(at, "type"u8);
            text = body.Find(at, "text"u8);
            isText = type >= 0 && text >= 0 && body.Tokens[text].Kind == JsonKind.String && body.IsNamed(type, "text"u8);
        }

        return isText && isUsers && body.Tokens[content].Count == 1 ? text : -1;
    }
}
