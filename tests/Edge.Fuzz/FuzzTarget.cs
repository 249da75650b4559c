namespace Edge.Fuzz;

/// <summary>An entry point: a reader of bytes that anybody may send.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Seeds">Inputs to begin with.</param>
/// <param name="Run">
/// Reads an input. Throws where something that must hold does not. What it returns tells one way of reading from another: inputs
/// that lead to a new one are worth changing further.
/// </param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, FuzzRun Run);

/// <summary>Reads an input.</summary>
internal delegate int FuzzRun(ReadOnlySpan<byte> input);

/// <summary>Something that must hold does not.</summary>
internal sealed class FuzzException(string message) : Exception(message)
{
    /// <summary>Throws unless something holds.</summary>
    public static void ThrowUnless(bool holds, string message)
    {
        if (!holds)
        {
            throw new FuzzException(message);
        }
    }
}
