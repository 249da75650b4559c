namespace Edge.Core.Bodies.Patterns;

/// <summary>What a part of a pattern asks for.</summary>
internal enum PatternNodeKind
{
    /// <summary>Nothing.</summary>
    Empty,

    /// <summary>One character of <see cref="PatternNode.Set"/>.</summary>
    Set,

    /// <summary>All parts, one behind the other.</summary>
    Sequence,

    /// <summary>One of the parts.</summary>
    Choice,

    /// <summary>The one part, <see cref="PatternNode.Least"/> to <see cref="PatternNode.Most"/> times.</summary>
    Repeat,

    /// <summary><c>^</c></summary>
    Start,

    /// <summary><c>$</c></summary>
    End,

    /// <summary><c>\b</c></summary>
    WordBoundary,

    /// <summary><c>\B</c></summary>
    NoWordBoundary,
}

/// <summary>A part of a parsed pattern. Immutable.</summary>
internal sealed record PatternNode(PatternNodeKind Kind)
{
    /// <summary>For <see cref="PatternNodeKind.Set"/>.</summary>
    public CharacterSet? Set { get; init; }

    /// <summary>For what has parts.</summary>
    public IReadOnlyList<PatternNode> Parts { get; init; } = [];

    /// <summary>Fewest repetitions.</summary>
    public int Least { get; init; }

    /// <summary>Most repetitions; -1 for no limit.</summary>
    public int Most { get; init; }

    /// <summary>One character of a set.</summary>
    public static PatternNode Of(CharacterSet set) => new(PatternNodeKind.Set) { Set = set };
}
