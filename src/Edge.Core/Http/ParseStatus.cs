namespace Edge.Core.Http;

/// <summary>How far an incremental parser has come.</summary>
public enum ParseStatus
{
    /// <summary>All is well so far; call again with more bytes.</summary>
    NeedMore,

    /// <summary>The message part is whole.</summary>
    Complete,

    /// <summary>The bytes are refused. The connection must be closed: nothing that follows on it can be framed.</summary>
    Invalid,
}
