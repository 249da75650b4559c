using Edge.Core.Configuration;

namespace Edge.Core.Llm.Translation;

/// <summary>
/// Tells by its path which dialect a request speaks, where that can be translated, and names the path in the other. Stateless.
/// </summary>
public static class DialectPath
{
    private const string Chat = "/chat/completions";
    private const string Version = "/v1";

    // OpenAI has other paths that end in /messages.
    private const string Messages = "/v1/messages";

    /// <summary>The path of chat completions, or of messages, behind what precedes it.</summary>
    /// <param name="dialect">Whose.</param>
    public static string Of(Dialect dialect) => dialect == Dialect.Anthropic ? Messages : Version + Chat;

    /// <summary>The dialect that a path speaks; Http where it is none of the two.</summary>
    public static Dialect DialectOf(ReadOnlySpan<char> path)
    {
        path = path.TrimEnd('/');
        return path.EndsWith(Chat, StringComparison.Ordinal) ? Dialect.OpenAI
            : path.EndsWith(Messages, StringComparison.Ordinal) ? Dialect.Anthropic
            : Dialect.Http;
    }

    /// <summary>What precedes the API in a path of one of the two: mostly nothing.</summary>
    public static ReadOnlySpan<char> PrefixOf(ReadOnlySpan<char> path)
    {
        path = path.TrimEnd('/');
        if (path.EndsWith(Messages, StringComparison.Ordinal))
        {
            return path[..^Messages.Length];
        }

        path = path.EndsWith(Chat, StringComparison.Ordinal) ? path[..^Chat.Length] : path;
        return path.EndsWith(Version, StringComparison.Ordinal) ? path[..^Version.Length] : path;
    }
}
