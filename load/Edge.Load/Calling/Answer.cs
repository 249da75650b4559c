namespace Edge.Load.Calling;

/// <summary>What a scenario thinks of an answer.</summary>
internal enum Verdict
{
    /// <summary>Whole, and what was asked for.</summary>
    Right,

    /// <summary>A failure that was ordered, and that the caller could see.</summary>
    Expected,

    /// <summary>An error.</summary>
    Failed,
}

/// <summary>What became of an arrival.</summary>
/// <param name="Verdict">What the scenario thinks of it.</param>
/// <param name="Kind">What it was, in a few words that many answers share: answers are counted by it.</param>
/// <param name="FirstByteNs">When its first byte came, by the monotonic clock; 0 when none did.</param>
/// <param name="Bytes">How many bytes its body had.</param>
/// <param name="Detail">What was wrong with this one, for the first few that are shown.</param>
internal readonly record struct Answer(
    Verdict Verdict, string Kind, long FirstByteNs = 0, long Bytes = 0, string? Detail = null)
{
    /// <summary>An answer with which nothing is wrong.</summary>
    public static Answer Right(long firstByteNs, long bytes) => new(Verdict.Right, Kinds.Right, firstByteNs, bytes);

    /// <summary>An error.</summary>
    public static Answer Failed(string kind, string? detail = null) => new(Verdict.Failed, kind, Detail: detail);
}
