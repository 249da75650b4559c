namespace Edge.Transport;

/// <summary>
/// What a <see cref="LoopSocket"/> belongs to. Called on the loop's thread, or on the thread that closes the socket under a wait.
/// </summary>
internal interface ILoopSocketOwner
{
    /// <summary>
    /// The wait of <see cref="LoopSocket.TryAwaitReadable"/> is over: there is something to receive, if only an end.
    /// </summary>
    public void OnReadable();

    /// <summary>The wait of <see cref="LoopSocket.TryAwaitWritable"/> is over.</summary>
    public void OnWritable();

    /// <summary>The peer has ended its side or reset the connection; bytes may still be waiting. Told once.</summary>
    public void OnPeerEnded();

    /// <summary>
    /// The socket holds no descriptor any more. That is when it is closed, or later where its last bytes were not yet taken. Told
    /// once, on any thread.
    /// </summary>
    public void OnClosed()
    {
    }
}
