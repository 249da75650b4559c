namespace Edge.Core.Bodies.Rewriting;

/// <summary>A rule that is not one. Thrown while configuration is loaded.</summary>
public sealed class RewriteException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public RewriteException(string message)
        : base(message)
    {
    }
}
