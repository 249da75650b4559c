using Edge.Core.Bodies.Rewriting;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>A format that bodies may come in, beside the one that goes upstream.</summary>
internal enum BodyFormat
{
    /// <summary>A message and a user.</summary>
    Mobile,
}

/// <summary>An item of <c>rewrite</c> as written.</summary>
internal sealed class RewriteOptions
{
    /// <summary>Most items of a route.</summary>
    public const int ItemsMax = 256;

    /// <summary>Most members that one key of an item may name.</summary>
    public const int MembersMax = 64;

    private static readonly MapShape<RewriteValue> Values = new(
        BodyScalars.MemberName, new RewriteValueShape(), "a mapping of members to values", 1, MembersMax, StringComparer.Ordinal);

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<RewriteOptions> Shape = new(
        "rewrite", "a rewriting rule",
        "Changes to the members of a request's body. Rules are applied in their order, and what an item has of the keys below " +
        "in the order of this table; each sees what those before it did.",
        new Key<RewriteOptions, WhenOptions>(
            "when", WhenOptions.Shape, (o, v) => o.When = v, "When the item applies. Left out: always."),
        new Key<RewriteOptions, BodyFormat>(
            "from", BodyScalars.Format, (o, v) => o.From = v,
            "`mobile`: `{\"message\", \"userId\"}` becomes a chat completion request. Done before the body is validated."),
        new Key<RewriteOptions, RewriteValue>(
            "body", new RewriteValueShape(), (o, v) => o.Body = v,
            "An object that takes the place of the body: a mapping template, with placeholders for parts of the old one, such " +
            "as `{ user: \"{caller.id}\", query: \"{body./q}\" }`. A body that lacks one of them is refused."),
        new Key<RewriteOptions, RewriteTemplate>(
            "systemMessage", BodyScalars.TemplateText, (o, v) => o.SystemMessage = v,
            "The text of a system message for requests that have none. It may have placeholders."),
        new Key<RewriteOptions, List<Named<RewriteValue>>>(
            "default", Values, (o, v) => o.Default = v,
            "Members to add where there are none. A value may have [placeholders](#placeholders-in-bodies), or be " +
            "`{ byTier: { free: ..., pro: ... } }`."),
        new Key<RewriteOptions, List<Named<RewriteValue>>>(
            "set", Values, (o, v) => o.Set = v, "Members to set, whether there are some or not; likewise."),
        new Key<RewriteOptions, List<Named<string>>>(
            "rename",
            new MapShape<string>(
                BodyScalars.MemberName, BodyScalars.MemberName, "a mapping of members to names", 1, MembersMax,
                StringComparer.Ordinal),
            (o, v) => o.Rename = v, "Members to give another name."),
        new Key<RewriteOptions, List<Located<string>>>(
            "remove", new ListShape<string>(BodyScalars.MemberName, "members' names", 1, MembersMax), (o, v) => o.Remove = v,
            "Members to take out."),
        new Key<RewriteOptions, List<Named<List<Located<byte[]>>>>>(
            "clamp",
            new MapShape<List<Located<byte[]>>>(
                BodyScalars.MemberName, new ListShape<byte[]>(new JsonShape(hasPlaceholders: false), "bounds", 2, 2),
                "a mapping of members to bounds", 1, MembersMax, StringComparer.Ordinal),
            (o, v) => o.Clamp = v,
            "Numbers to move into bounds: `{ temperature: [0, 2] }`. A bound may be `null` for none."));

    /// <summary>When it applies.</summary>
    public Located<WhenOptions>? When { get; set; }

    /// <summary>A format to be transformed.</summary>
    public Located<BodyFormat>? From { get; set; }

    /// <summary>What takes the place of the body.</summary>
    public Located<RewriteValue>? Body { get; set; }

    /// <summary>A system message.</summary>
    public Located<RewriteTemplate>? SystemMessage { get; set; }

    /// <summary>Members to add.</summary>
    public Located<List<Named<RewriteValue>>>? Default { get; set; }

    /// <summary>Members to set.</summary>
    public Located<List<Named<RewriteValue>>>? Set { get; set; }

    /// <summary>Members to rename.</summary>
    public Located<List<Named<string>>>? Rename { get; set; }

    /// <summary>Members to remove.</summary>
    public Located<List<Located<string>>>? Remove { get; set; }

    /// <summary>Numbers to move.</summary>
    public Located<List<Named<List<Located<byte[]>>>>>? Clamp { get; set; }
}
