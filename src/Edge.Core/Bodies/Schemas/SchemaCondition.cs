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

/// <summary>
/// What a schema asks of objects that one member tells apart: of each kind of them, the type of one member. Immutable.
/// </summary>
/// <param name="Name">The member that tells them apart.</param>
/// <param name="Cases">What is asked of which.</param>
internal sealed record SchemaVariants(byte[] Name, SchemaVariant[] Cases);

/// <summary>One of <see cref="SchemaVariants"/>.</summary>
/// <param name="Texts">What the member that tells them apart says; of none, the case is not met.</param>
/// <param name="IsMetWithout">The case is met where that member is not there, too.</param>
/// <param name="Then">What is asked then.</param>
internal sealed record SchemaVariant(byte[][] Texts, bool IsMetWithout, SchemaMemberType Then);
