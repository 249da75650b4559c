using System.Text;

namespace Edge.Core.Llm.Translation;

/// <summary>What a member of a request is about, in either dialect.</summary>
internal enum RequestMember
{
    Model,
    Messages,
    System,
    MaxTokens,
    MaxCompletionTokens,
    Temperature,
    TopP,
    TopK,
    Stop,
    Stream,
    StreamOptions,
    User,
    SafetyIdentifier,
    Metadata,
    Tools,
    ToolChoice,
    ParallelToolCalls,
    ResponseFormat,
    Effort,
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
