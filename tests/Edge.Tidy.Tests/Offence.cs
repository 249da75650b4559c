namespace Edge.Tidy.Tests;

/// <summary>A place that breaks a rule.</summary>
/// <param name="Path">The file, from the root.</param>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="What">What is wrong there.</param>
public readonly record struct Offence(string Path, int Line, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}:{Line} {What}";
}
