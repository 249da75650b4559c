using Edge.Core.Bodies;

namespace Edge.Core.Llm;

/// <summary>Is shown the parts of a prompt.</summary>
public interface IPromptReader
{
    /// <summary>A message, or what else stands for one, begins.</summary>
    public void Turn();

    /// <summary>A text, in UTF-8.</summary>
    public void Text(ReadOnlySpan<byte> text);

    /// <summary>A token that the caller has made itself.</summary>
    public void Token();

    /// <summary>Something that is no text: a picture, a sound, a file.</summary>
    public void Other();
}

/// <summary>
/// Shows a prompt to whoever wants to look at it: the texts whose characters <see cref="BodyFacts"/> counts, in their order.
/// Stateless; allocates nothing.
/// </summary>
public static class PromptTexts
{
    /// <summary>Shows all of a body's.</summary>
    public static void Show<T>(JsonTape body, LlmApi api, ref T reader)
        where T : struct, IPromptReader
    {
        var tokens = body.Tokens;
        for (var name = 1; tokens[0].Kind == JsonKind.Object && name < tokens[0].Next; name = tokens[name + 1].Next)
        {
            if (IsPrompt(body.TextOf(name), api))
            {
                ShowTurns(body, name + 1, ref reader);
            }
        }
    }

    private static bool IsPrompt(ReadOnlySpan<byte> name, LlmApi api) => api switch
    {
        LlmApi.ChatCompletions => name.SequenceEqual("messages"u8),
        LlmApi.Messages => name.SequenceEqual("messages"u8) || name.SequenceEqual("system"u8),
        LlmApi.Responses => name.SequenceEqual("input"u8) || name.SequenceEqual("instructions"u8),
        LlmApi.Embeddings => name.SequenceEqual("input"u8),
        _ => name.SequenceEqual("messages"u8) || name.SequenceEqual("input"u8) || name.SequenceEqual("prompt"u8),
    };

    private static void ShowTurns<T>(JsonTape body, int value, ref T reader)
        where T : struct, IPromptReader
    {
        var tokens = body.Tokens;
        if (tokens[value].Kind != JsonKind.Array)
        {
            reader.Turn();
            ShowContent(body, value, ref reader);
            return;
        }

        for (var at = value + 1; at < tokens[value].Next; at = tokens[at].Next)
        {
            if (tokens[at].Kind != JsonKind.Object)
            {
                ShowContent(body, at, ref reader);
            }
            else if (body.Find(at, "content"u8) is >= 0 and var content)
            {
                reader.Turn();
                ShowContent(body, content, ref reader);
            }
            else
            {
                ShowPart(body, at, ref reader);
            }
        }
    }

    private static void ShowContent<T>(JsonTape body, int value, ref T reader)
        where T : struct, IPromptReader
    {
        var tokens = body.Tokens;
        switch (tokens[value].Kind)
        {
            case JsonKind.String:
                reader.Text(body.TextOf(value));
                break;
            case JsonKind.Number:
                reader.Token();
                break;
            case JsonKind.Array:
                for (var at = value + 1; at < tokens[value].Next; at = tokens[at].Next)
                {
                    ShowPart(body, at, ref reader);
                }

                break;
        }
    }

    private static void ShowPart<T>(JsonTape body, int part, ref T reader)
        where T : struct, IPromptReader
    {
        var tokens = body.Tokens;
        if (tokens[part].Kind == JsonKind.Number)
        {
            reader.Token();
            return;
        }

        var text = body.Find(part, "text"u8);
        if (text >= 0 && tokens[text].Kind == JsonKind.String)
        {
            reader.Text(body.TextOf(text));
        }
        else
        {
            reader.Other();
        }
    }
}
