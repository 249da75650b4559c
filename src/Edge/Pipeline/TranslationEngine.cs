using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Llm.Translation;

namespace Edge.Pipeline;

/// <summary>
/// What it takes to translate one body. That is done in one go, without waiting, so each thread has one and lends it to one
/// request after another.
/// </summary>
internal sealed class TranslationEngine
{
    [ThreadStatic]
    private static TranslationEngine? OfThread;

    private readonly ChatToMessages _toMessages = new();
    private readonly MessagesToChat _toChat = new();

    /// <summary>The thread's own.</summary>
    public static TranslationEngine OfThisThread => OfThread ??= new TranslationEngine();

    /// <summary>Reads what is to be translated. Whoever uses it resets it.</summary>
    public JsonTape Tape { get; } = new();

    /// <summary>Translates whole answers.</summary>
    public AnswerTranslator Answers { get; } = new();

    /// <summary>Translates requests to that dialect.</summary>
    public RequestTranslator To(Dialect dialect) => dialect == Dialect.Anthropic ? _toMessages : _toChat;
}
