namespace Edge.Core.Bodies.Patterns;

/// <summary>A pattern that is not one, or that asks for what is not supported. Thrown while configuration is loaded.</summary>
public sealed class PatternException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public PatternException(string message)
        : base(message)
    {
    }
}
