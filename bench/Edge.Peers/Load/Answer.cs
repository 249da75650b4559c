namespace Edge.Peers.Load;

/// <summary>What became of a request.</summary>
internal enum Answer
{
    /// <summary>2xx.</summary>
    Good,

    /// <summary>Any other status.</summary>
    Bad,

    /// <summary>The connection ended, or what came is no answer with a Content-Length.</summary>
    Broken,
}
