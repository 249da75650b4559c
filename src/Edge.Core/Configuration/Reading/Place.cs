namespace Edge.Core.Configuration.Reading;

/// <summary>Where something stands in the file. Line and column count from 1.</summary>
internal readonly record struct Place(int Line, int Column)
{
    /// <summary>The first character of the file: where an error about the file as a whole is shown.</summary>
    public static Place Start { get; } = new(1, 1);
}
