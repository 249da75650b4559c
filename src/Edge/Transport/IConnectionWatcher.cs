namespace Edge.Transport;

/// <summary>Who is told of the end of a caller's connection (<see cref="LoopConnection.Tell"/>).</summary>
internal interface IConnectionWatcher
{
    /// <summary>
    /// The connection has ended or was broken. Called on a thread of the pool, or where it has ended already on that of who asks
    /// to be told; perhaps twice, where the end comes as the watcher does.
    /// </summary>
    public void OnConnectionEnded();
}
