using System.Net.Sockets;

namespace Edge.Upstream;

/// <summary>
/// The stream under a TLS stream. While the handshake lasts, what follows a read runs on the thread pool and not on the I/O
/// thread that woke it: verifying a certificate chain was measured at half a millisecond, the first one at ten and more, and
/// meanwhile no stream of that thread would move. Afterwards it is a plain <see cref="NetworkStream"/>. It owns its socket;
/// used by one dial, then by whoever dialled.
/// </summary>
internal sealed class HandshakeStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private bool _done;

    /// <summary>Ends the special treatment. Called once the handshake has succeeded, before anything else is read.</summary>
    public void HandshakeDone() => _done = true;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _done ? base.ReadAsync(buffer, cancellationToken) : ReadAndLeaveAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadAndLeaveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await base.ReadAsync(buffer, cancellationToken);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return read;
    }
}
