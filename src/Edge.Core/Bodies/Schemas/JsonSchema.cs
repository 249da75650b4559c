namespace Edge.Core.Bodies.Schemas;

/// <summary>
/// A JSON Schema (2020-12) file, compiled: what <see cref="SchemaValidator"/> applies to bodies. Immutable; safe from any thread.
/// </summary>
/// <remarks>
/// Supported is the whole vocabulary of the core (but for references that leave the file), applicators, unevaluated, validation;
/// <c>format</c> and the content and meta-data vocabularies annotate and assert nothing, as the specification has it. A keyword
/// that this version of JSON Schema does not have is an annotation too, but a warning says so; one that an older version had
/// with another meaning is an error.
/// </remarks>
public sealed class JsonSchema
{
    internal JsonSchema(JsonTape file, SchemaNode root, IReadOnlyList<SchemaProblem> warnings)
    {
        File = file;
        Root = root;
        Warnings = warnings;
    }

    /// <summary>What is strange in the file, but allowed.</summary>
    public IReadOnlyList<SchemaProblem> Warnings { get; }

    /// <summary>The schema's own text.</summary>
    internal JsonTape File { get; }

    /// <summary>The schema of the whole body.</summary>
    internal SchemaNode Root { get; }

    /// <summary>The schemas that <c>$dynamicAnchor</c> names, by resource and number of the name; null where nothing
    /// asks.</summary>
    internal Dictionary<(int Resource, int Name), SchemaNode>? DynamicAnchors { get; init; }

    /// <summary>Compiles a file.</summary>
    /// <param name="text">The file; kept by the schema, and not to be changed any more.</param>
    /// <param name="schema">The schema, where there is no problem.</param>
    /// <param name="problems">All that is wrong with it.</param>
    public static bool TryParse(ReadOnlyMemory<byte> text, out JsonSchema? schema, out IReadOnlyList<SchemaProblem> problems)
    {
        var file = new JsonTape();
        schema = null;
        if (!file.Read(text))
        {
            problems = [SchemaProblem.At(file, file.FaultAt, "", $"this is not JSON: {file.Fault}")];
            return false;
        }

        var compiler = new SchemaCompiler(file);
        schema = compiler.Compile();
        problems = compiler.Problems;
        return schema is not null;
    }
}
