namespace Edge.Core.Bodies.Schemas;

/// <summary>What a schema asks of an object if it asks for nothing but the text of one member. Immutable.</summary>
/// <param name="Name">The member.</param>
/// <param name="Texts">What it may say.</param>
/// <param name="IsRequired">It must be there.</param>
internal sealed record SchemaCondition(byte[] Name, byte[][] Texts, bool IsRequired);

/// <summary>What a schema asks of an object if it asks for nothing but the type of one member. Immutable.</summary>
/// <param name="Name">The member.</param>
/// <param name="Types">Types that it may be of, or may not be of.</param>
/// <param name="AreForbidden">It may not be of them.</param>
/// <param name="IsRequired">It must be there.</param>
internal sealed record SchemaMemberType(byte[] Name, SchemaTypes Types, bool AreForbidden, bool IsRequired);
