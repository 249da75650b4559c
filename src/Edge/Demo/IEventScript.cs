namespace Edge.Demo;

/// <summary>What comes next in a stream.</summary>
internal enum StreamStep
{
    /// <summary>An event that carries no token: it is sent without waiting.</summary>
    Frame,

    /// <summary>An event with tokens: it waits for its time.</summary>
    Token,

    /// <summary>Nothing: the stream is complete.</summary>
    End,
}

/// <summary>The events of one stream, in order. A script belongs to one exchange.</summary>
internal interface IEventScript
{
    /// <summary>The kind of the event that <see cref="Write"/> will write.</summary>
    public StreamStep Next { get; }

    /// <summary>Appends the next event, blank line included, to the exchange's buffer.</summary>
    /// <returns>How many tokens it carries.</returns>
    public int Write();
}
