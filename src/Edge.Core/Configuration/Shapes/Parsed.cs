namespace Edge.Core.Configuration.Shapes;

/// <summary>Why a text is not a value, as the rest of a sentence that begins with the text.</summary>
/// <param name="Says">What is wrong and what to write. Must not repeat any of the text, which may be a secret.</param>
/// <param name="Fix">What to write, where it is made from the text; told only where the text is no secret.</param>
/// <param name="HidesText">True where what is wrong is that there is a secret in the text.</param>
internal sealed record Problem(string Says, string? Fix = null, bool HidesText = false);

/// <summary>A value, or why there is none.</summary>
internal readonly struct Parsed<T>
{
    private Parsed(T? value, Problem? problem)
    {
        Value = value;
        Problem = problem;
    }

    /// <summary>The value; meaningful where there is no problem.</summary>
    public T? Value { get; }

    /// <summary>Why there is no value, or null.</summary>
    public Problem? Problem { get; }

    /// <summary>A value.</summary>
    public static implicit operator Parsed<T>(T value) => new(value, null);

    /// <summary>A problem.</summary>
    public static implicit operator Parsed<T>(Problem problem) => new(default, problem);
}
