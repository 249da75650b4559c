namespace Edge.Core.Configuration;

/// <summary>How much the program says of itself: of this kind, and of what is worse.</summary>
public enum ProgramLogLevel
{
    /// <summary>What happens: starts, reloads, what works again.</summary>
    Information,

    /// <summary>What somebody should look at: requests that failed, circuits, lines that were dropped.</summary>
    Warning,

    /// <summary>What does not work: a file that was not taken, a store that is away.</summary>
    Error,
}
