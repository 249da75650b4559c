namespace Edge.Core.Configuration.Reading;

/// <summary>A piece of the file as it is written, before anything is known of its meaning.</summary>
/// <param name="Place">Where it begins.</param>
internal abstract record Node(Place Place)
{
    /// <summary>What a message calls this sort of thing.</summary>
    public abstract string Noun { get; }
}

/// <summary>A single value.</summary>
/// <param name="Text">Its text, quotes and escapes resolved.</param>
/// <param name="IsQuoted">True where it stood in quotes or in a block, so that it can only be text.</param>
/// <param name="Place">Where it begins.</param>
internal sealed record ScalarNode(string Text, bool IsQuoted, Place Place) : Node(Place)
{
    /// <inheritdoc/>
    public override string Noun => "a single value";

    /// <summary>True for YAML's and JSON's ways of writing nothing.</summary>
    public bool IsNull => !IsQuoted && Text is ("" or "~" or "null" or "Null" or "NULL");
}

/// <summary>A list.</summary>
/// <param name="Items">In file order.</param>
/// <param name="Place">Where it begins.</param>
internal sealed record ListNode(List<Node> Items, Place Place) : Node(Place)
{
    /// <inheritdoc/>
    public override string Noun => "a list";
}

/// <summary>Keys with values.</summary>
/// <param name="Entries">In file order; no key twice.</param>
/// <param name="Place">Where it begins.</param>
internal sealed record MapNode(List<KeyValuePair<ScalarNode, Node>> Entries, Place Place) : Node(Place)
{
    /// <inheritdoc/>
    public override string Noun => "a mapping";
}

/// <summary>Something that was refused and told about already; nothing more is to be said of it.</summary>
/// <param name="Place">Where it stood.</param>
internal sealed record BrokenNode(Place Place) : Node(Place)
{
    /// <inheritdoc/>
    public override string Noun => "a mistake";
}
