using System.Globalization;

namespace Edge.Core.Bodies.Schemas;

/// <summary>What is wrong, or strange, in a schema file, and where.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Byte of the line, from 1.</param>
/// <param name="Pointer">JSON Pointer (RFC 6901) of the value.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record SchemaProblem(int Line, int Column, string Pointer, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Line}:{Column}: {Pointer}: {Message}");

    internal static SchemaProblem At(JsonTape file, int token, string message) =>
        At(file, file.Tokens[token].Start, JsonPointer.Of(file, token), message);

    internal static SchemaProblem At(JsonTape file, int offset, string pointer, string message)
    {
        var before = file.Text[..offset];
        var line = before.Count((byte)'\n') + 1;
        return new SchemaProblem(line, offset - before.LastIndexOf((byte)'\n'), pointer, message);
    }
}
