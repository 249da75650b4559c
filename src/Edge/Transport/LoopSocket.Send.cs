namespace Edge.Transport;

/// <content>Sends at once, or with the others of the turn.</content>
internal sealed partial class LoopSocket
{
    // Less than this is worth no call of its own.
    private const int TogetherBytesMin = 1024;

    /// <summary>Sends what the kernel takes. Negative: an error number; none of it is a signal.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        if (TryPutOff(bytes, out var count))
        {
            return count;
        }

        if (!TryEnter())
        {
            return LinuxSocket.BrokenPipe;
        }

        count = LinuxSocket.Send(_descriptor, bytes);
        if (count == LinuxSocket.WouldBlock)
        {
            // Asked again after forgetting what was known, so that no event in between is missed.
            Volatile.Write(ref _write, Unknown);
            Interlocked.MemoryBarrier();
            count = LinuxSocket.Send(_descriptor, bytes);
        }

        Exit();
        return count;
    }

    /// <summary>
    /// Sends pieces as if they were one, as <see cref="Send(ReadOnlySpan{byte})"/> does, but at once.
    /// </summary>
    public int Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        if ((HasUnsent || _sendError != 0) && MustWait(out var count))
        {
            return count;
        }

        if (!TryEnter())
        {
            return LinuxSocket.BrokenPipe;
        }

        count = LinuxSocket.Send(_descriptor, first, second, third);
        if (count == LinuxSocket.WouldBlock)
        {
            Volatile.Write(ref _write, Unknown);
            Interlocked.MemoryBarrier();
            count = LinuxSocket.Send(_descriptor, first, second, third);
        }

        Exit();
        return count;
    }

    /// <summary>Puts a send off to the end of the turn. False: it is to be made now.</summary>
    private bool TryPutOff(ReadOnlySpan<byte> bytes, out int result)
    {
        if (HasUnsent || _sendError != 0)
        {
            return TrySendTogether(bytes, out result) || MustWait(out result);
        }

        result = bytes.Length;
        if (bytes.IsEmpty || bytes.Length > SocketBatch.SendBytesMax
            || EventLoop.Current != _loop || !_loop.Batch.PutsOff || !TryEnter())
        {
            return false;
        }

        _isPutOff = true;
        _loop.Batch.AddSend(this, _descriptor, bytes);
        return true;
    }

    /// <summary>What has been put off and what comes now leave as one, where that is much.</summary>
    private bool TrySendTogether(ReadOnlySpan<byte> bytes, out int result)
    {
        result = 0;
        if (!_isPutOff || bytes.Length < TogetherBytesMin || EventLoop.Current != _loop || !TryEnter())
        {
            return false;
        }

        result = _loop.Batch.SendWith(this, bytes);
        if (result == LinuxSocket.WouldBlock)
        {
            // Asked again after forgetting what was known, so that no event in between is missed.
            Volatile.Write(ref _write, Unknown);
            Interlocked.MemoryBarrier();
            result = _rest is null ? LinuxSocket.Send(_descriptor, bytes) : result;
        }

        Exit();
        return true;
    }

    private bool MustWait(out int result)
    {
        if (_isPutOff)
        {
            if (EventLoop.Current == _loop)
            {
                _loop.Batch.Send();
            }
            else
            {
                // Either the loop sees that somebody will wait, or it has just sent.
                Volatile.Write(ref _write, Unknown);
                Interlocked.MemoryBarrier();
                if (_isPutOff)
                {
                    result = LinuxSocket.WouldBlock;
                    return true;
                }
            }
        }

        result = _isClosed != 0 ? LinuxSocket.BrokenPipe : _sendError != 0 ? _sendError : LinuxSocket.WouldBlock;
        return _isClosed != 0 || _sendError != 0 || _rest is not null;
    }
}
