using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>A call of a tool that came in while another one was not whole: it is told when that is.</summary>
/// <param name="index">Its number in the stream.</param>
internal sealed class HeldCall(int index)
{
    private JsonProgress _progress;

    /// <summary>Its number in the stream.</summary>
    public int Index { get; } = index;

    /// <summary>Its identifier, as a JSON string.</summary>
    public HeadBuffer Id { get; } = new();

    /// <summary>The tool's name, as a JSON string.</summary>
    public HeadBuffer Name { get; } = new();

    /// <summary>What has come of its arguments, as a JSON string without its quotes.</summary>
    public HeadBuffer Arguments { get; } = new();

    /// <summary>How far they are.</summary>
    public JsonProgress Progress => _progress;

    /// <summary>Bytes that it holds.</summary>
    public int Length => Id.Length + Name.Length + Arguments.Length;

    /// <summary>True where it has this identifier.</summary>
    /// <param name="id">A JSON string.</param>
    public bool HasId(ReadOnlySpan<byte> id) => Id.Written.Span.SequenceEqual(id);

    /// <summary>Takes a piece of its arguments.</summary>
    /// <param name="piece">A JSON string.</param>
    public void Take(ReadOnlySpan<byte> piece)
    {
        _progress.Take(piece);
        Arguments.Write(piece[1..^1]);
    }

    /// <summary>Gives memory back.</summary>
    public void ReturnMemory()
    {
        Id.ReturnMemory();
        Name.ReturnMemory();
        Arguments.ReturnMemory();
    }
}
