namespace Edge.Transport;

/// <summary>
/// The stream under a TLS stream. While the handshake lasts, what follows a read runs on the thread pool and not on the loop that
/// woke it: verifying a certificate chain was measured at half a millisecond, the first one at ten and more, and meanwhile no
/// stream of that loop would move. It owns the channel; used by one dial, then by whoever dialled. Asynchronous only.
/// </summary>
internal sealed class SocketStream(SocketChannel channel) : Stream, IReceiveRoom
{
    private Memory<byte> _into;
    private bool _isShaken;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public Span<byte> Room => _into.Span;

    /// <summary>Nothing to do: the memory is the reader's.</summary>
    public void ReleaseRoom()
    {
    }

    /// <summary>Ends the special treatment. Called once the handshake has succeeded, before anything else is read.</summary>
    public void HandshakeDone() => _isShaken = true;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _into = buffer;
        return _isShaken ? channel.ReceiveAsync(this) : ReadAndLeaveAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        channel.SendAsync(buffer);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        channel.SendAsync(buffer.AsMemory(offset, count)).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            channel.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadAndLeaveAsync(CancellationToken cancellation)
    {
        // A handshake that is called off closes its socket: nothing else ends a receive.
        int read;
        await using (cancellation.UnsafeRegister(static state => ((SocketChannel)state!).Dispose(), channel))
        {
            read = await channel.ReceiveAsync(this);
        }

        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        cancellation.ThrowIfCancellationRequested();
        return read;
    }
}
