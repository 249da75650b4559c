using Edge.Core.Bodies.Rewriting;

namespace Edge.Core.Bodies;

/// <summary>
/// What policies must know of an LLM request, found among the tokens of its body: each member by its token, so that it can also
/// be rewritten in place, or -1; what rules have made has none where the new text was not read. Nothing is validated: a member of
/// the wrong type counts as absent. Since a <see cref="JsonTape"/> takes no repeated names, nobody can send two <c>model</c>s of
/// which the provider would take the other one.
/// </summary>
public struct BodyFacts
{
    /// <summary>Token of <c>model</c>, a string.</summary>
    public int Model { get; private set; }

    /// <summary>There is a member <c>model</c>, of whatever type.</summary>
    public bool HasModel { get; private set; }

    /// <summary>It is a string.</summary>
    public readonly bool HasModelText => Model >= 0 || ModelMade.Length > 0 || ModelMade.Start > 0;

    /// <summary>Where a rule has put the text of <c>model</c>, without escapes; then it has no token.</summary>
    internal BodyOverlay.Range ModelMade { get; private set; }

    /// <summary>Token of <c>user</c>, a string.</summary>
    public int User { get; private set; }

    /// <summary>Token of <c>temperature</c>, a number.</summary>
    public int Temperature { get; private set; }

    /// <summary>
    /// Token of the member that limits the answer's tokens, the largest of them where there are two; 0 where a rule has made it.
    /// </summary>
    public int MaxTokens { get; private set; }

    /// <summary>Token of <c>stream_options</c>, of whatever type.</summary>
    public int StreamOptions { get; private set; }

    /// <summary>Token of the messages, or of the input, of whatever type.</summary>
    public int Turns { get; private set; }

    /// <summary>Messages, or inputs.</summary>
    public int TurnCount { get; private set; }

    /// <summary><c>stream</c> is true.</summary>
    public bool IsStreaming { get; private set; }

    /// <summary>
    /// Most tokens that the answer may have; <see cref="TokenEstimate.AnswerTokensDefault"/> where the request does not say, 0
    /// where the API answers with none.
    /// </summary>
    public long AnswerTokens { get; private set; }

    /// <summary>Estimated tokens of the prompt.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>Estimated tokens of request and answer, by the rule <c>chars4</c>.</summary>
    public readonly long EstimatedTokens => PromptTokens + AnswerTokens;

    /// <summary>Looks for them in a body that has been read. Takes time with the members of the body and its messages.</summary>
    public static BodyFacts Of(JsonTape body, LlmApi api)
    {
        var facts = Begin();
        var tokens = body.Tokens;
        for (var name = 1; tokens[0].Kind == JsonKind.Object && name < tokens[0].Next; name = tokens[name + 1].Next)
        {
            facts.Take(body, body.TextOf(name), name + 1, api);
        }

        facts.End(body, api);
        return facts;
    }

    /// <summary>Nothing is known yet.</summary>
    internal static BodyFacts Begin() =>
        new() { Model = -1, User = -1, Temperature = -1, MaxTokens = -1, StreamOptions = -1, Turns = -1 };

    /// <summary>All members were looked at.</summary>
    internal void End(JsonTape body, LlmApi api)
    {
        if (Turns >= 0)
        {
            TurnCount = body.At(Turns).Kind == JsonKind.Array ? body.At(Turns).Count : 1;
        }

        if (MaxTokens < 0)
        {
            var hasAnswer = api != LlmApi.Embeddings && (api != LlmApi.Other || Turns >= 0);
            AnswerTokens = hasAnswer ? TokenEstimate.AnswerTokensDefault : 0;
        }
    }

    /// <summary>Looks at a member.</summary>
    internal void Take(JsonTape body, ReadOnlySpan<byte> name, int value, LlmApi api)
    {
        var kind = body.Tokens[value].Kind;
        switch (name.Length)
        {
            case 4 when name.SequenceEqual("user"u8) && kind == JsonKind.String:
                User = value;
                break;
            case 5 when name.SequenceEqual("model"u8):
                HasModel = true;
                Model = kind == JsonKind.String ? value : Model;
                break;
            case 5 when name.SequenceEqual("input"u8) && api is LlmApi.Embeddings or LlmApi.Responses or LlmApi.Other:
                Turns = value;
                PromptTokens += api == LlmApi.Embeddings
                    ? TokenEstimate.OfEmbeddingInput(body.Tokens, value) : TokenEstimate.OfTurns(body, value);
                break;
            case 6 when name.SequenceEqual("stream"u8):
                IsStreaming = kind == JsonKind.True;
                break;
            case 8 when name.SequenceEqual("messages"u8) && api is LlmApi.ChatCompletions or LlmApi.Messages or LlmApi.Other:
                Turns = value;
                PromptTokens += TokenEstimate.OfTurns(body, value);
                break;
            case 11 when name.SequenceEqual("temperature"u8) && kind == JsonKind.Number:
                Temperature = value;
                break;
            case 6 when name.SequenceEqual("prompt"u8) && api == LlmApi.Other:
                Turns = value;
                PromptTokens += TokenEstimate.OfEmbeddingInput(body.Tokens, value);
                break;
            case 14 when name.SequenceEqual("stream_options"u8):
                StreamOptions = value;
                break;
            default:
                TakeOther(body, name, value, api);
                break;
        }
    }

    private void TakeOther(JsonTape body, ReadOnlySpan<byte> name, int value, LlmApi api)
    {
        var isSystem = api == LlmApi.Messages && name.SequenceEqual("system"u8);
        if (isSystem || (api == LlmApi.Responses && name.SequenceEqual("instructions"u8)))
        {
            PromptTokens += TokenEstimate.OfChars(TokenEstimate.ContentChars(body, value));
            return;
        }

        if (body.At(value).Kind == JsonKind.Number && IsLimit(name, api))
        {
            TakeLimit(body.At(value).Raw(body.Text), value);
        }
    }

    /// <summary>Looks at a member that a rule has made.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Where its value lies.</param>
    /// <param name="isSound">That it has members or items is no reason to read it.</param>
    /// <param name="made">In what.</param>
    /// <param name="api">The API that is asked.</param>
    /// <returns>False: it has to be read.</returns>
    internal bool TryTake(ReadOnlySpan<byte> name, BodyOverlay.Range value, bool isSound, ReadOnlySpan<byte> made, LlmApi api)
    {
        var text = value.Of(made);
        if ((!isSound && text[0] is (byte)'{' or (byte)'[') || IsPrompt(name))
        {
            return false;
        }

        if (name.SequenceEqual("model"u8))
        {
            HasModel = true;
            if (text[0] == '"')
            {
                ModelMade = new BodyOverlay.Range(value.Start + 1, value.Length - 2);
                return !text.Contains((byte)'\\');
            }
        }
        else if (name.SequenceEqual("stream"u8))
        {
            IsStreaming = text[0] == 't';
        }
        else if (text[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9') && IsLimit(name, api))
        {
            TakeLimit(text, 0);
        }

        return true;
    }

    // Whatever API is asked: that another one has no such member is not worth a look.
    private static bool IsPrompt(ReadOnlySpan<byte> name) => name.SequenceEqual("messages"u8) || name.SequenceEqual("input"u8)
        || name.SequenceEqual("prompt"u8) || name.SequenceEqual("system"u8) || name.SequenceEqual("instructions"u8);

    private static bool IsLimit(ReadOnlySpan<byte> name, LlmApi api) => api switch
    {
        LlmApi.ChatCompletions => name.SequenceEqual("max_tokens"u8) || name.SequenceEqual("max_completion_tokens"u8),
        LlmApi.Messages => name.SequenceEqual("max_tokens"u8),
        LlmApi.Responses => name.SequenceEqual("max_output_tokens"u8),
        LlmApi.Other => name.SequenceEqual("max_tokens"u8) || name.SequenceEqual("max_completion_tokens"u8)
            || name.SequenceEqual("max_output_tokens"u8),
        _ => false,
    };

    private void TakeLimit(ReadOnlySpan<byte> text, int token)
    {
        long count;
        if (JsonNumber.TryReadShort(text, out var billionths))
        {
            count = billionths % JsonNumber.Billion == 0 ? billionths / JsonNumber.Billion : -1;
        }
        else
        {
            var number = JsonNumber.Parse(text);
            count = !number.IsInteger || number.IsNegative ? -1
                : number.TryGetInt64(out var exact) ? Math.Min(exact, int.MaxValue) : int.MaxValue;
        }

        if (count >= 0 && (MaxTokens < 0 || count > AnswerTokens))
        {
            MaxTokens = token;
            AnswerTokens = count;
        }
    }
}
