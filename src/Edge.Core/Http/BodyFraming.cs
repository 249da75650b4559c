namespace Edge.Core.Http;

/// <summary>What tells where a message's body ends (RFC 9112, section 6.3).</summary>
public enum BodyFraming
{
    /// <summary>There is no body, whatever the header fields say.</summary>
    None,

    /// <summary>So many bytes as Content-Length says; it may say 0.</summary>
    ContentLength,

    /// <summary>Chunks, to be read with <see cref="ChunkedDecoder"/>.</summary>
    Chunked,

    /// <summary>Everything until the connection ends, which cannot be told from a body cut short.</summary>
    UntilClose,
}
