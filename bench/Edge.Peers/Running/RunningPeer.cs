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

    /// <summary>The arguments that it was started with.</summary>
    public required string[] Arguments { get; init; }

    /// <summary>Where the files are that were made from its templates.</summary>
    public required string Folder { get; init; }

    /// <summary>Starts it again, where it was, after it has been killed.</summary>
    /// <exception cref="InvalidOperationException">It did not come to listen; the message has what it said.</exception>
    public async Task<RunningPeer> StartAgainAsync(CancellationToken cancellation)
    {
        await Process.DisposeAsync();
        return this with { Process = await Peer.StartAsync(Arguments, Port, cancellation) };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
