using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Bodies.Rewriting;

/// <summary>What a rule does.</summary>
internal enum RewriteKind
{
    /// <summary>The mobile format becomes a chat completion request.</summary>
    Mobile,

    /// <summary>A system message is put first.</summary>
    SystemMessage,

    /// <summary>A member is added where there is none.</summary>
    Default,

    /// <summary>A member gets a value.</summary>
    Set,

    /// <summary>A member goes.</summary>
    Remove,

    /// <summary>A number is moved into bounds.</summary>
    Clamp,

    /// <summary>A member gets another name.</summary>
    Rename,

    /// <summary>A stream is asked for its usage.</summary>
    IncludeUsage,

    /// <summary>The body becomes another one.</summary>
    Map,

    /// <summary>A text that is one of some others is replaced.</summary>
    Alias,
}

/// <summary>One change of a body. Members are those of the body itself. Immutable.</summary>
public sealed class RewriteRule
{
    private RewriteRule(RewriteKind kind) => Kind = kind;

    /// <summary>The values that it may put in. For whoever loads a configuration.</summary>
    public IEnumerable<RewriteTemplate> Templates => Value is not null ? [Value] : ByTier?.Values ?? [];

    internal RewriteKind Kind { get; }

    internal RewriteName Name { get; private init; } = null!;

    internal RewriteName NewName { get; private init; } = null!;

    internal RewriteTemplate? Value { get; private init; }

    internal IReadOnlyDictionary<string, RewriteTemplate>? ByTier { get; private init; }

    internal (Wildcard Pattern, byte[] Text, byte[] Json)[] Aliases { get; private init; } = [];

    internal NumberBound? Least { get; private init; }

    internal NumberBound? Most { get; private init; }

    /// <summary>
    /// <c>{"message":"...","userId":"..."}</c> becomes a chat completion request: <c>message</c> the only message, of the user,
    /// <c>userId</c> its <c>user</c>. Other members stay. A body that has <c>messages</c> is left alone; one without both
    /// cannot be transformed.
    /// </summary>
    public static RewriteRule FromMobile() => new(RewriteKind.Mobile);

    /// <summary>Puts a system message before the others where there is none (nor a developer message, as newer models call
    /// it).</summary>
    public static RewriteRule SystemMessage(LlmApi api, RewriteTemplate text) => api switch
    {
        LlmApi.ChatCompletions or LlmApi.Other =>
            new(RewriteKind.SystemMessage) { Name = new RewriteName("messages"), Value = text },
        LlmApi.Messages => Default("system", text),
        LlmApi.Responses => Default("instructions", text),
        _ => throw new RewriteException("a request for embeddings has no system message"),
    };

    /// <summary>Adds a member where there is none of its name. <c>null</c> is one.</summary>
    public static RewriteRule Default(string name, RewriteTemplate value) =>
        new(RewriteKind.Default) { Name = new RewriteName(name), Value = value };

    /// <summary>The same, with a value for each tier. Callers of other tiers get none.</summary>
    public static RewriteRule DefaultByTier(string name, IReadOnlyDictionary<string, RewriteTemplate> values) =>
        new(RewriteKind.Default) { Name = new RewriteName(name), ByTier = values };

    /// <summary>Gives a member a value, whether it is there or not.</summary>
    public static RewriteRule Set(string name, RewriteTemplate value) =>
        new(RewriteKind.Set) { Name = new RewriteName(name), Value = value };

    /// <summary>The same, with a value for each tier. For callers of other tiers it stays as it is.</summary>
    public static RewriteRule SetByTier(string name, IReadOnlyDictionary<string, RewriteTemplate> values) =>
        new(RewriteKind.Set) { Name = new RewriteName(name), ByTier = values };

    /// <summary>Removes a member.</summary>
    public static RewriteRule Remove(string name) => new(RewriteKind.Remove) { Name = new RewriteName(name) };

    /// <summary>Moves a number to the nearest bound where it is outside of them.</summary>
    /// <param name="name">The member; what is no number is left alone.</param>
    /// <param name="least">The lower bound as JSON spells it, or null.</param>
    /// <param name="most">The upper bound, or null.</param>
    /// <exception cref="RewriteException">A bound is no number, or they are out of order.</exception>
    public static RewriteRule Clamp(string name, string? least, string? most)
    {
        var low = Number(least);
        var high = Number(most);
        if (low is not null && high is not null && low.Compare(high.Json) < 0)
        {
            throw new RewriteException($"the bounds of '{name}' are out of order");
        }

        return new(RewriteKind.Clamp) { Name = new RewriteName(name), Least = low, Most = high };
    }

    /// <summary>Gives a member another name; one that has that name already makes room.</summary>
    public static RewriteRule Rename(string name, string newName) =>
        new(RewriteKind.Rename) { Name = new RewriteName(name), NewName = new RewriteName(newName) };

    /// <summary>
    /// Replaces the text of a member by another one, as a table says. What a line of the table makes of it is looked for in the
    /// lines behind.
    /// </summary>
    /// <param name="name">The member; what is no text is left alone.</param>
    /// <param name="aliases">Which texts are replaced (<see cref="Wildcard"/>), and by what.</param>
    public static RewriteRule Alias(string name, IEnumerable<KeyValuePair<string, string>> aliases)
    {
        var lines = new List<(Wildcard, byte[], byte[])>();
        var json = new HeadBuffer();
        foreach (var (asked, sent) in aliases)
        {
            json.Clear();
            json.Write("\""u8);
            JsonText.WriteEscaped(json, sent);
            json.Write("\""u8);
            lines.Add((new Wildcard(asked), Encoding.UTF8.GetBytes(sent), json.Written.ToArray()));
        }

        json.ReturnMemory();
        return new(RewriteKind.Alias) { Name = new RewriteName(name), Aliases = [.. lines] };
    }

    /// <summary>
    /// Asks for the usage at the end of a stream (<c>stream_options.include_usage</c>) where the caller did not; see
    /// <see cref="BodyRewriter.AddedIncludeUsage"/>.
    /// </summary>
    public static RewriteRule IncludeUsage() => new(RewriteKind.IncludeUsage) { Name = new RewriteName("stream_options") };

    /// <summary>
    /// The body becomes what a template makes of it: a body mapping. One that lacks what the template asks for cannot be
    /// transformed.
    /// </summary>
    /// <exception cref="RewriteException">The template is no object.</exception>
    public static RewriteRule Map(RewriteTemplate body) => body.IsObject
        ? new(RewriteKind.Map) { Value = body } : throw new RewriteException("a body is mapped to an object; write { ... }");

    private static NumberBound? Number(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var tape = new JsonTape();
        var bytes = Encoding.UTF8.GetBytes(text);
        return tape.Read(bytes) && tape.Tokens[0].Kind == JsonKind.Number && tape.Tokens[0].End == bytes.Length
            && tape.Tokens[0].Start == 0 ? new NumberBound(bytes) : throw new RewriteException($"'{text}' is not a number");
    }
}
