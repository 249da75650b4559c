namespace Edge.Tests.Support;

/// <summary>What says where a message's body ends (RFC 9112 section 6.3).</summary>
internal enum RawFraming
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>Content-Length.</summary>
    Length,

    /// <summary>Transfer-Encoding: chunked.</summary>
    Chunked,

    /// <summary>The end of the connection.</summary>
    Close,
}
