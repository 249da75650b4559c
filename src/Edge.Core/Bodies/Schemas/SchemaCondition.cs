namespace Edge.Core.Bodies.Schemas;

/// <summary>What a schema asks of an object if it asks for nothing but the text of one member. Immutable.</summary>
/// <param name="Name">The member.</param>
/// <param name="Texts">What it may say.</param>
/// <param name="IsRequired">It must be there.</param>
internal sealed record SchemaCondition(byte[] Name, byte[][] Texts, bool IsRequired);
