using Edge.Measuring;

namespace Edge.Peers.Running;

/// <summary>A peer at work; disposing ends it.</summary>
/// <param name="Peer">Which.</param>
/// <param name="Process">Its process.</param>
/// <param name="Port">Where it listens for plain HTTP.</param>
/// <param name="TlsPort">Where it listens for TLS.</param>
internal sealed record RunningPeer(Peer Peer, ChildProcess Process, int Port, int TlsPort) : IAsyncDisposable
{
    /// <summary>Processor time that it has used since its start, in nanoseconds.</summary>
    public long ProcessorNs => ProcessTree.ProcessorNs(Process.Id);

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes => ProcessTree.ResidentBytes(Process.Id);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
