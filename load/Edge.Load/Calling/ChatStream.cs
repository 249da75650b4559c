using System.Text;
using System.Text.Json;

namespace Edge.Load.Calling;

/// <summary>Puts the chunks of a streamed answer together.</summary>
internal sealed class ChatStream
{
    private readonly StringBuilder _text = new();

    /// <summary>The answer so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The tokens that the usage chunk announces; -1 while it has not come.</summary>
    public int SaidTokens { get; private set; } = -1;

    /// <summary>Whether an error event has come.</summary>
    public bool HasError { get; private set; }

    /// <summary>Whether the last event has come.</summary>
    public bool IsDone { get; private set; }

    /// <summary>What was wrong with an event, or with where it stands; null while nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>
    /// Takes an event. One that is none of the dialect is noted, not thrown: what matters is how the stream ends.
    /// </summary>
    public void Take(ReadOnlyMemory<byte> data)
    {
        if (data.Span.StartsWith(":"u8))
        {
            return;
        }

        if (!data.Span.StartsWith("data: "u8) || IsDone || HasError)
        {
            Fault ??= $"no event, or one after the last: {Encoding.Latin1.GetString(data.Span)}";
            return;
        }

        data = data["data: ".Length..];
        if (data.Span.SequenceEqual("[DONE]"u8))
        {
            IsDone = true;
            return;
        }

        try
        {
            TakeChunk(data);
        }
        catch (Exception exception) when (IsOfJson(exception))
        {
            Fault ??= $"no chunk of the dialect: {Encoding.Latin1.GetString(data.Span)}";
        }
    }

    /// <summary>Whether an exception says that JSON is none, or not as it should be.</summary>
    public static bool IsOfJson(Exception exception) =>
        exception is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException;

    private void TakeChunk(ReadOnlyMemory<byte> data)
    {
        using var document = JsonDocument.Parse(data);
        var root = document.RootElement;
        if (root.TryGetProperty("error", out _))
        {
            HasError = Chat.IsError(data) ? true : throw new JsonException("An error event without its shape.");
            return;
        }

        var choices = root.GetProperty("choices");
        if (choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var content))
        {
            _text.Append(content.GetString());
        }

        if (root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            SaidTokens = usage.GetProperty("completion_tokens").GetInt32();
        }
    }
}
