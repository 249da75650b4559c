using System.Collections.Concurrent;

namespace Edge.Core.Bodies.Schemas;

/// <summary>The schemas that come with the program, for the bodies of LLM routes. Each is compiled when it is first asked
/// for.</summary>
public static class BuiltInSchemas
{
    private static readonly ConcurrentDictionary<string, JsonSchema> Loaded = [];

    /// <summary>Their names, as a configuration says them.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["openai-chat", "openai-chat-lenient", "openai-embeddings", "openai-responses", "anthropic-messages"];

    /// <summary>The schema of a name; null where there is none.</summary>
    public static JsonSchema? Find(string name)
    {
        foreach (var known in Names)
        {
            if (known == name)
            {
                return Loaded.GetOrAdd(known, Load);
            }
        }

        return null;
    }

    private static JsonSchema Load(string name)
    {
        using var stream = typeof(BuiltInSchemas).Assembly.GetManifestResourceStream(name + ".json")
            ?? throw new InvalidOperationException($"The schema {name} is missing from the program.");
        var text = new byte[stream.Length];
        stream.ReadExactly(text);
        return JsonSchema.TryParse(text, out var schema, out var problems)
            ? schema! : throw new InvalidOperationException($"The schema {name} is broken: {problems[0]}");
    }
}
