using System.Globalization;
using System.Text;
using Edge.Load.Plan;

namespace Edge.Load.Calling;

/// <summary>
/// A question in OpenAI's dialect, and what the mock provider answers to it: "You said: ", the first thousand letters of the
/// question, words, a full stop, in as many tokens as it announces, a token being four letters. So an answer to another
/// question, a lost letter and a missing end all show.
/// </summary>
/// <param name="Model">The model, with the mock's settings in it.</param>
/// <param name="Text">The question, in ASCII.</param>
/// <param name="Streams">Whether the answer is to come as events.</param>
/// <param name="AnswerTokens">How long the answer is told to be; 0: as the mock likes.</param>
internal sealed record ChatQuestion(string Model, string Text, bool Streams, int AnswerTokens = 0)
{
    /// <summary>Where questions are asked.</summary>
    public const string Target = "/v1/chat/completions";

    /// <summary>Letters of a token.</summary>
    public const int TokenLetters = 4;

    private const string Opening = "You said: ";
    private const int EchoLettersMax = 1000;
    private const string Words = "what does a gateway cost when nothing goes wrong and what when much does ";

    /// <summary>What else must hold of the body of a whole answer: says what is wrong, or null.</summary>
    public Func<byte[], string?>? FindFaultInBody { get; init; }

    /// <summary>The request's body.</summary>
    public byte[] ToJson()
    {
        var settings = AnswerTokens == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $";tokens={AnswerTokens}");
        var stream = Streams ? """
            ,"stream":true,"stream_options":{"include_usage":true}
            """ : "";
        return Encoding.ASCII.GetBytes(
            $$"""{"model":"{{Model}}{{settings}}","messages":[{"role":"user","content":"{{Text}}"}]{{stream}}}""");
    }

    /// <summary>A text of so many letters that begins with the number, so that no two questions of a run are alike.</summary>
    public static string MakeText(long number, ulong seed, int letters)
    {
        var text = new StringBuilder(letters);
        text.Append(CultureInfo.InvariantCulture, $"{number} {seed:x8}: ");
        var dice = new Dice(seed);
        text.Append(Words.AsSpan(dice.Next(Words.Length)));
        while (text.Length < letters)
        {
            text.Append(Words);
        }

        text.Length = letters;
        return text.ToString();
    }

    /// <summary>What is wrong with an answer's text; null when nothing is.</summary>
    /// <param name="answer">The whole of it.</param>
    /// <param name="saidTokens">How many tokens the provider says it has.</param>
    public string? FindFault(ReadOnlySpan<char> answer, int saidTokens)
    {
        if (answer.IsEmpty || answer.Length != saidTokens * TokenLetters)
        {
            return $"{answer.Length} letters, though {saidTokens} tokens are announced";
        }

        if (AnswerTokens != 0 && saidTokens != AnswerTokens)
        {
            return $"{saidTokens} tokens, though {AnswerTokens} were ordered";
        }

        // The last letter is a full stop, wherever the text was cut to its tokens.
        var echo = Text.AsSpan(0, Math.Min(Text.Length, EchoLettersMax));
        var echoed = answer[..^1];
        var begins = echoed.Length >= Opening.Length + echo.Length
            ? echoed.StartsWith(Opening) && echoed[Opening.Length..].StartsWith(echo)
            : string.Concat(Opening, echo).AsSpan().StartsWith(echoed);
        return !begins ? "it answers another question" : answer[^1] != '.' ? "it has no end" : null;
    }
}
