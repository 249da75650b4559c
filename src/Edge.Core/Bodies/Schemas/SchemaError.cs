namespace Edge.Core.Bodies.Schemas;

/// <summary>One rule that a body breaks, in words that its sender may read.</summary>
/// <param name="Pointer">
/// JSON Pointer (RFC 6901) of the value. Of a member that is missing, the place where it would be; of one that may not be
/// there, its own.
/// </param>
/// <param name="Rule">The keyword of JSON Schema, as it is spelled there.</param>
/// <param name="Expected">What the rule asks for.</param>
/// <param name="Found">What the body has.</param>
/// <param name="Offset">Offset in the body of the value, or of the object that lacks one.</param>
public sealed record SchemaError(string Pointer, string Rule, string Expected, string Found, int Offset)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(Pointer.Length == 0 ? "the body" : Pointer)}: expected {Expected}, found {Found}";
}
