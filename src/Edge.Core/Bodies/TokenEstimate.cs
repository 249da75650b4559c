namespace Edge.Core.Bodies;

/// <summary>
/// The estimate <c>chars4</c>: four characters to a token, each message rounded up by itself. A character is a Unicode code
/// point; they were counted when the text was read, so nothing is read again. Images, sounds and files count nothing.
/// Stateless.
/// </summary>
public static class TokenEstimate
{
    /// <summary>Tokens that an answer is taken to have where the request does not limit it.</summary>
    public const int AnswerTokensDefault = 500;

    private const int CharsPerToken = 4;

    /// <summary>Tokens of so many characters.</summary>
    public static long OfChars(long chars) => (chars + CharsPerToken - 1) / CharsPerToken;

    /// <summary>Tokens of <c>messages</c>, or of what else is a list of turns, or of a single text.</summary>
    public static long OfTurns(JsonTape body, int value)
    {
        var tokens = body.Tokens;
        if (tokens[value].Kind != JsonKind.Array)
        {
            return OfChars(ContentChars(body, value));
        }

        var sum = 0L;
        for (var at = value + 1; at < tokens[value].Next; at = tokens[at].Next)
        {
            var content = body.Find(at, "content"u8);
            sum += content < 0 ? 0 : OfChars(ContentChars(body, content));
        }

        return sum;
    }

    /// <summary>Tokens of what is to be embedded: texts, or numbers that are tokens already.</summary>
    public static long OfEmbeddingInput(ReadOnlySpan<JsonToken> tokens, int value)
    {
        if (tokens[value].Kind == JsonKind.Number)
        {
            return 1;
        }

        if (tokens[value].Kind == JsonKind.String)
        {
            return OfChars(tokens[value].Count);
        }

        var sum = 0L;
        for (var at = value + 1; tokens[value].Kind == JsonKind.Array && at < tokens[value].Next; at = tokens[at].Next)
        {
            sum += OfEmbeddingInput(tokens, at);
        }

        return sum;
    }

    /// <summary>Characters of a content: a string, or the texts of a list of parts.</summary>
    public static long ContentChars(JsonTape body, int value)
    {
        var tokens = body.Tokens;
        if (tokens[value].Kind == JsonKind.String)
        {
            return tokens[value].Count;
        }

        var sum = 0L;
        for (var at = value + 1; tokens[value].Kind == JsonKind.Array && at < tokens[value].Next; at = tokens[at].Next)
        {
            var text = body.Find(at, "text"u8);
            sum += text >= 0 && tokens[text].Kind == JsonKind.String ? tokens[text].Count : 0;
        }

        return sum;
    }
}
