using System.Text;

namespace Edge.Core.Llm.Translation;

/// <summary>What a member of a request is about, in either dialect.</summary>
internal enum RequestMember
{
    /// <summary>The model.</summary>
    Model,

    /// <summary>The conversation.</summary>
    Messages,

    /// <summary>Anthropic's system prompt.</summary>
    System,

    /// <summary>Most tokens of the answer.</summary>
    MaxTokens,

    /// <summary>OpenAI's newer name of the same.</summary>
    MaxCompletionTokens,

    /// <summary>How much is left to chance.</summary>
    Temperature,

    /// <summary>The share of likely tokens that is chosen from.</summary>
    TopP,

    /// <summary>How many likely tokens are chosen from.</summary>
    TopK,

    /// <summary>Texts that end the answer.</summary>
    Stop,

    /// <summary>The answer is to be a stream.</summary>
    Stream,

    /// <summary>OpenAI's wishes about streams.</summary>
    StreamOptions,

    /// <summary>For whom the request is made.</summary>
    User,

    /// <summary>OpenAI's newer name of the same.</summary>
    SafetyIdentifier,

    /// <summary>What Anthropic is told of the request: for whom it is made.</summary>
    Metadata,

    /// <summary>The tools.</summary>
    Tools,

    /// <summary>Whether one of them is to be called.</summary>
    ToolChoice,

    /// <summary>Whether several may be called at once.</summary>
    ParallelToolCalls,

    /// <summary>The form of the answer, and for Anthropic the effort too.</summary>
    ResponseFormat,

    /// <summary>OpenAI's effort of reasoning.</summary>
    Effort,

    /// <summary>Whether Anthropic's models think first.</summary>
    Thinking,

    /// <summary>How many have a place of their own.</summary>
    Count,

    /// <summary>Has no equivalent, and the answer would be another without it.</summary>
    Unsupported,

    /// <summary>Has no equivalent, and only bears on the provider's books: it is always left out.</summary>
    Bookkeeping,
}

/// <summary>A value that says the same as leaving the member out.</summary>
internal enum NeutralValue
{
    /// <summary>Only null.</summary>
    Null,

    /// <summary>Zero.</summary>
    Zero,

    /// <summary>One.</summary>
    One,

    /// <summary>False.</summary>
    False,

    /// <summary>An empty object or list.</summary>
    Empty,

    /// <summary>A list with nothing but <c>text</c>.</summary>
    TextOnly,
}

/// <summary>One row of a dialect's table of members.</summary>
internal sealed class RequestMemberRule(string name, RequestMember member, NeutralValue neutral = NeutralValue.Null)
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;

    /// <summary>The name in UTF-8.</summary>
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name);

    /// <summary>What it is about.</summary>
    public RequestMember Member { get; } = member;

    /// <summary>The value that says nothing.</summary>
    public NeutralValue Neutral { get; } = neutral;
}
