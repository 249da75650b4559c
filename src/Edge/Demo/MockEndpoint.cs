namespace Edge.Demo;

/// <summary>What a request is for.</summary>
internal enum MockEndpoint
{
    /// <summary>No such path.</summary>
    Unknown,

    /// <summary><c>POST /v1/chat/completions</c></summary>
    Chat,

    /// <summary><c>POST /v1/responses</c></summary>
    Responses,

    /// <summary><c>POST /v1/embeddings</c></summary>
    Embeddings,

    /// <summary><c>GET /v1/models</c> and <c>/v1/models/{id}</c></summary>
    Models,

    /// <summary><c>POST /v1/messages</c></summary>
    Messages,

    /// <summary><c>POST /v1/messages/count_tokens</c></summary>
    CountTokens,

    /// <summary><c>GET /bytes/{n}</c></summary>
    Bytes,

    /// <summary><c>GET /chunked/{n}</c></summary>
    Chunked,

    /// <summary><c>/echo</c> and all below it, any method</summary>
    Echo,

    /// <summary><c>POST /mirror</c></summary>
    Mirror,

    /// <summary><c>/status/{code}</c>, any method</summary>
    Status,

    /// <summary><c>GET /sse</c></summary>
    Sse,

    /// <summary><c>GET /trailers</c></summary>
    Trailers,

    /// <summary><c>POST /raw</c> and <c>GET /raw/{name}</c></summary>
    Raw,

    /// <summary><c>GET /ws</c> and <c>GET /v1/realtime</c>, for WebSockets</summary>
    WebSocket,

    /// <summary><c>GET /mock/stats</c></summary>
    Stats,

    /// <summary><c>GET /health</c></summary>
    Health,
}
