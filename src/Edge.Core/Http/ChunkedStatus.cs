namespace Edge.Core.Http;

/// <summary>What <see cref="ChunkedDecoder.Read"/> found.</summary>
public enum ChunkedStatus
{
    /// <summary>All of the input was consumed without data in it; call again with the bytes that follow.</summary>
    NeedMore,

    /// <summary>A run of data was found; call again with what was not consumed.</summary>
    Data,

    /// <summary>The last chunk and the trailers are read. What was not consumed does not belong to this message.</summary>
    End,

    /// <summary>The framing is broken; the connection must be closed.</summary>
    Invalid,
}
