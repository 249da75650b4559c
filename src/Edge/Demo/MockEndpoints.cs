namespace Edge.Demo;

/// <summary>Finds the endpoint of a path.</summary>
internal static class MockEndpoints
{
    /// <summary>How many endpoints there are.</summary>
    public const int Count = (int)MockEndpoint.Health + 1;

    /// <summary>The endpoint of a path (without its query), and what follows the endpoint's own part of it.</summary>
    public static MockEndpoint Find(string path, out ReadOnlySpan<char> rest)
    {
        rest = default;
        switch (path)
        {
            case "/v1/chat/completions": return MockEndpoint.Chat;
            case "/v1/responses": return MockEndpoint.Responses;
            case "/v1/embeddings": return MockEndpoint.Embeddings;
            case "/v1/models": return MockEndpoint.Models;
            case "/v1/messages": return MockEndpoint.Messages;
            case "/v1/messages/count_tokens": return MockEndpoint.CountTokens;
            case "/mirror": return MockEndpoint.Mirror;
            case "/echo": return MockEndpoint.Echo;
            case "/sse": return MockEndpoint.Sse;
            case "/trailers": return MockEndpoint.Trailers;
            case "/raw": return MockEndpoint.Raw;
            case "/ws" or "/v1/realtime": return MockEndpoint.WebSocket;
            case "/mock/stats": return MockEndpoint.Stats;
            case "/health": return MockEndpoint.Health;
        }

        return Below(path, "/bytes/", out rest) ? MockEndpoint.Bytes
            : Below(path, "/chunked/", out rest) ? MockEndpoint.Chunked
            : Below(path, "/status/", out rest) ? MockEndpoint.Status
            : Below(path, "/echo/", out rest) ? MockEndpoint.Echo
            : Below(path, "/raw/", out rest) ? MockEndpoint.Raw
            : Below(path, "/v1/models/", out rest) ? MockEndpoint.Models
            : MockEndpoint.Unknown;
    }

    /// <summary>The methods that an endpoint answers, as in an Allow field; null: any.</summary>
    public static string? Allow(MockEndpoint endpoint) => endpoint switch
    {
        MockEndpoint.Chat or MockEndpoint.Responses or MockEndpoint.Embeddings or MockEndpoint.Messages
            or MockEndpoint.CountTokens or MockEndpoint.Mirror => "POST",
        MockEndpoint.Echo or MockEndpoint.Status or MockEndpoint.Raw or MockEndpoint.Unknown => null,
        _ => "GET, HEAD",
    };

    /// <summary>The name of an endpoint in the statistics.</summary>
    public static string Name(MockEndpoint endpoint) => endpoint switch
    {
        MockEndpoint.Chat => "/v1/chat/completions",
        MockEndpoint.Responses => "/v1/responses",
        MockEndpoint.Embeddings => "/v1/embeddings",
        MockEndpoint.Models => "/v1/models",
        MockEndpoint.Messages => "/v1/messages",
        MockEndpoint.CountTokens => "/v1/messages/count_tokens",
        MockEndpoint.Bytes => "/bytes",
        MockEndpoint.Chunked => "/chunked",
        MockEndpoint.Echo => "/echo",
        MockEndpoint.Mirror => "/mirror",
        MockEndpoint.Status => "/status",
        MockEndpoint.Sse => "/sse",
        MockEndpoint.Trailers => "/trailers",
        MockEndpoint.Raw => "/raw",
        MockEndpoint.WebSocket => "/ws",
        MockEndpoint.Stats => "/mock/stats",
        MockEndpoint.Health => "/health",
        _ => "other",
    };

    private static bool Below(string path, string prefix, out ReadOnlySpan<char> rest)
    {
        var below = path.StartsWith(prefix, StringComparison.Ordinal);
        rest = below ? path.AsSpan(prefix.Length) : default;
        return below;
    }
}
