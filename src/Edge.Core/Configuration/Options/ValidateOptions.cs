using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>validate</c> as written.</summary>
internal sealed class ValidateOptions
{
    /// <summary>Most names in one of its lists.</summary>
    public const int NamesMax = 64;

    /// <summary>Most bytes of a schema file.</summary>
    public const int SchemaBytesMax = 1024 * 1024;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ValidateOptions> Shape = new(
        "validate", "validation settings", "What a request must look like. Everything wrong with it is told at once.",
        new Key<ValidateOptions, string>(
            "schema", Scalars.File, (o, v) => o.Schema = v,
            "A schema for the body: `openai-chat`, `openai-chat-lenient`, `openai-embeddings`, `openai-responses`, " +
            "`anthropic-messages`, or the path of a JSON Schema 2020-12 file. Left out: any body."),
        new Key<ValidateOptions, List<Located<string>>>(
            "query", new ListShape<string>(BodyScalars.ParameterName, "names", 0, NamesMax), (o, v) => o.Query = v,
            "Query parameters that must be there.", defaultText: "[]"),
        new Key<ValidateOptions, List<Located<string>>>(
            "headers", new ListShape<string>(Scalars.HeaderName, "headers' names", 0, NamesMax), (o, v) => o.Headers = v,
            "Headers that must be there.", defaultText: "[]"));

    /// <summary>Name or path of a schema.</summary>
    public Located<string>? Schema { get; set; }

    /// <summary>Query parameters.</summary>
    public Located<List<Located<string>>>? Query { get; set; }

    /// <summary>Headers.</summary>
    public Located<List<Located<string>>>? Headers { get; set; }
}
