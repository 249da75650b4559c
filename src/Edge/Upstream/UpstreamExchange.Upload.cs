using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Edge.Core.Http;

namespace Edge.Upstream;

/// <summary>
/// The upload: a request body that is still arriving from the caller, sent on as it comes, side by side with the answer.
/// </summary>
internal sealed partial class UpstreamExchange
{
    /// <summary>Most bytes of body that are copied, for a chunk or from small pieces, to be sent in one call.</summary>
    public const int UploadBufferBytes = 32 * 1024;

    /// <summary>How long to wait for 100 (Continue) before the body is sent all the same (RFC 9110, section 10.1.1).</summary>
    public static readonly TimeSpan ContinueTimeout = TimeSpan.FromSeconds(1);

    // Room before the data for a chunk's size and behind it for its end: 8 digits and two line ends.
    private const int ChunkPrefixBytes = 10;
    private const int ChunkSuffixBytes = 2;

    // A piece of a body that is not copied to be sent together with others.
    private const int UploadPieceBytesMin = 16 * 1024;

    private Task? _upload;
    private byte[]? _frame;
    private UploadSource? _source;
    private TaskCompletionSource<bool>? _continue;
    private bool _uploadStopped;
    private bool _isSendingLast;

    /// <summary>True while the body is held back until the target asks for it by 100 (Continue).</summary>
    public bool IsUploadHeld { get; private set; }

    private bool HasUpload => _upload is not null;

    /// <summary>
    /// Starts to send the body that <paramref name="source"/> delivers. A fault of the caller's breaks the exchange with the
    /// failure that the source names; a target that takes no more only ends the upload, since its answer may still come.
    /// </summary>
    /// <param name="source">The body; read until its end, or until the exchange is closed.</param>
    /// <param name="awaitContinue">True to wait for 100 (Continue) first.</param>
    public void StartUpload(UploadSource source, bool awaitContinue)
    {
        _source = source;
        _continue = awaitContinue ? new TaskCompletionSource<bool>() : null;
        IsUploadHeld = awaitContinue;
        _upload = UploadAsync(source, _connection!, _lease);
    }

    private void ResetUpload()
    {
        _upload = null;
        _source = null;
        _continue = null;
        IsUploadHeld = false;
        _uploadStopped = false;
        _isSendingLast = false;
    }

    private void ContinueUpload() => _continue?.TrySetResult(true);

    private async Task StopUploadAsync(UpstreamConnection connection)
    {
        if (!_upload!.IsCompleted)
        {
            Volatile.Write(ref _uploadStopped, true);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _isSendingLast))
            {
                // The answer outran the thread that has just sent the request's end: no reason to give the connection up.
                await _upload;
                return;
            }

            _continue?.TrySetResult(false);
            CancelRead(_source!);
            if (!_upload.IsCompleted)
            {
                // It may also wait for the target to take bytes.
                connection.TryAbort(_lease, Failure.UpstreamClosed);
            }
        }

        await _upload;
    }

    private async Task UploadAsync(UploadSource source, UpstreamConnection connection, long lease)
    {
        if (_continue is not null && !await MayContinueAsync(_continue))
        {
            return;
        }

        IsUploadHeld = false;
        try
        {
            var failure = await SendBodyAsync(source, connection);
            if (failure != Failure.None)
            {
                connection.TryAbort(lease, failure);
            }
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            // The target takes no more. Its early answer may still be read; the connection is not used again since the
            // request was never sent whole.
            connection.Deadlines.SendWheneverReady();
            connection.Deadlines.HeadBy(After(_timeouts.FirstByte));
        }
    }

    private async Task<bool> MayContinueAsync(TaskCompletionSource<bool> signal)
    {
        try
        {
            return await signal.Task.WaitAsync(ContinueTimeout, _sweeper.Time);
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    private async Task<Failure> SendBodyAsync(UploadSource source, UpstreamConnection connection)
    {
        var isDone = false;
        while (!isDone)
        {
            ReadResult read;
            try
            {
                read = await source.Body.ReadAsync(CancellationToken.None);
            }
            catch (Exception exception)
            {
                return source.FailureOf(exception);
            }

            if (read.IsCanceled || Volatile.Read(ref _uploadStopped))
            {
                LetGo(source, read.Buffer.Start);
                return Failure.None;
            }

            if (read.Buffer.Length > source.BytesMax - source.BytesRead)
            {
                LetGo(source, read.Buffer.End);
                return Failure.CallerBodyTooLarge;
            }

            Failure failure;
            try
            {
                await SendPartsAsync(read.Buffer, connection, source);
            }
            finally
            {
                ReturnFrame();

                // Also where the target took no more: the server must be able to read on, past the rest of the body.
                source.BytesRead += read.Buffer.Length;
                failure = LetGo(source, read.Buffer.End);
            }

            if (failure != Failure.None)
            {
                return failure;
            }

            isDone = read.IsCompleted || source.BytesRead == source.ContentLength;
        }

        if (source.IsChunked)
        {
            connection.Deadlines.SendBy(After(_timeouts.Idle));
            await SendLastChunkAsync(source, connection);
            connection.Deadlines.SendWheneverReady();
        }

        RequestIsSent();
        return Failure.None;
    }

    /// <summary>
    /// Lets go of what was read. Of HTTP/2 it is only here that Kestrel counts it against the listener's limit, and a caller's
    /// reset shows here too: its exceptions are the caller's, and never to be taken for the target's.
    /// </summary>
    private static Failure LetGo(UploadSource source, SequencePosition consumed)
    {
        try
        {
            source.Body.AdvanceTo(consumed);
            return Failure.None;
        }
        catch (Exception exception)
        {
            return source.FailureOf(exception);
        }
    }

    private void ReturnFrame()
    {
        if (_frame is not null)
        {
            ArrayPool<byte>.Shared.Return(_frame);
            _frame = null;
        }
    }

    private static void CancelRead(UploadSource source)
    {
        try
        {
            source.Body.CancelPendingRead();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The caller is gone, which ends the read too.
        }
    }

    private async ValueTask SendPartsAsync(ReadOnlySequence<byte> rest, UpstreamConnection connection, UploadSource source)
    {
        var isLast = source.BytesRead + rest.Length == source.ContentLength;
        while (!rest.IsEmpty)
        {
            var part = NextPart(rest, source.IsChunked, out var isFramed);
            rest = rest.Slice(part.Length);
            connection.Deadlines.SendBy(After(_timeouts.Idle));
            var framed = isFramed ? Frame(part, source.IsChunked) : part.First;
            await (isLast && rest.IsEmpty ? SendLastAsync(connection, framed) : connection.SendAsync(framed));
            connection.Deadlines.SendWheneverReady();
        }
    }

    // What lies in one piece is sent as it lies; many small pieces are sent as one.
    private static ReadOnlySequence<byte> NextPart(ReadOnlySequence<byte> rest, bool isChunked, out bool isFramed)
    {
        isFramed = isChunked || (!rest.IsSingleSegment && rest.First.Length < UploadPieceBytesMin);
        return isFramed
            ? rest.Slice(0, Math.Min(rest.Length, UploadBufferBytes - ChunkPrefixBytes - ChunkSuffixBytes))
            : rest.Slice(0, rest.First.Length);
    }

    private ReadOnlyMemory<byte> Frame(ReadOnlySequence<byte> part, bool isChunked)
    {
        var buffer = _frame ??= ArrayPool<byte>.Shared.Rent(UploadBufferBytes);
        var length = (int)part.Length;
        part.CopyTo(buffer.AsSpan(ChunkPrefixBytes));
        if (!isChunked)
        {
            return buffer.AsMemory(ChunkPrefixBytes, length);
        }

        // The size is written right before the data, wherever it must start for that.
        Span<byte> digits = stackalloc byte[8];
        length.TryFormat(digits, out var digitCount, "x", CultureInfo.InvariantCulture);
        var start = ChunkPrefixBytes - digitCount - 2;
        digits[..digitCount].CopyTo(buffer.AsSpan(start));
        "\r\n"u8.CopyTo(buffer.AsSpan(start + digitCount));
        "\r\n"u8.CopyTo(buffer.AsSpan(ChunkPrefixBytes + length));
        return buffer.AsMemory(start, digitCount + 2 + length + ChunkSuffixBytes);
    }

    /// <summary>
    /// Sends the request's end. From before the call on, which the answer may outrun, the upload counts as good as done; unless
    /// the target does not take the bytes at once, for then an answer that is whole came without them.
    /// </summary>
    private ValueTask SendLastAsync(UpstreamConnection connection, ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _isSendingLast, true);
        var sending = connection.SendAsync(bytes);
        if (!sending.IsCompleted)
        {
            Volatile.Write(ref _isSendingLast, false);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _uploadStopped))
            {
                connection.TryAbort(_lease, Failure.UpstreamClosed);
            }
        }

        return sending;
    }

    private async ValueTask SendLastChunkAsync(UploadSource source, UpstreamConnection connection)
    {
        var last = new HeadBuffer();
        last.Write("0\r\n"u8);
        source.WriteTrailers(last);
        last.Write("\r\n"u8);
        try
        {
            await SendLastAsync(connection, last.Written);
        }
        finally
        {
            last.ReturnMemory();
        }
    }
}

/// <summary>A request body that is still arriving.</summary>
internal abstract class UploadSource
{
    /// <summary>Where it arrives. Read by the upload alone while that runs.</summary>
    public abstract PipeReader Body { get; }

    /// <summary>Its length, or null where that is not known and it is sent in chunks.</summary>
    public abstract long? ContentLength { get; }

    /// <summary>True: it is sent in chunks.</summary>
    public bool IsChunked => ContentLength is null;

    /// <summary>Most bytes that may be read.</summary>
    public virtual long BytesMax => long.MaxValue;

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; set; }

    /// <summary>What an exception of <see cref="Body"/> means.</summary>
    public abstract Failure FailureOf(Exception exception);

    /// <summary>Writes the trailers as field lines, once the body has ended; chunked bodies only.</summary>
    public abstract void WriteTrailers(HeadBuffer to);
}
