using System.Buffers;
using System.IO.Compression;
using Edge.Core.Http;

namespace Edge.Core.Llm;

/// <summary>
/// Decodes a copy of a compressed answer as it passes, in pieces that are cut anywhere, a few kilobytes at a time: nothing of it
/// is kept. What would grow out of all proportion, or becomes longer than any answer, is decoded no further. Owns the decoder's
/// memory outside of the managed heap, until <see cref="Dispose"/>. One for each answer; not thread-safe.
/// </summary>
public sealed class AnswerDecoder : IDisposable
{
    /// <summary>Most bytes of an answer that are decoded.</summary>
    public const long DecodedBytesMax = 64 * 1024 * 1024;

    /// <summary>Most decoded bytes for a byte that came. Event streams, which repeat themselves a lot, stay below 50.</summary>
    public const int GrowthMax = 200;

    /// <summary>Decoded bytes of which the growth is not looked at.</summary>
    public const int FreeBytes = 256 * 1024;

    private const int PieceBytes = 4096;

    private readonly Feed _feed = new();
    private readonly GZipStream? _gzip;
    private readonly byte[] _decoded;
    private BrotliDecoder _brotli;
    private long _taken;
    private long _given;
    private bool _isOver;

    /// <summary>A decoder of answers in one coding.</summary>
    /// <param name="coding">Gzip or Brotli.</param>
    public AnswerDecoder(ContentCoding coding)
    {
        if (!CanDecode(coding))
        {
            throw new ArgumentOutOfRangeException(nameof(coding));
        }

        _gzip = coding == ContentCoding.Gzip ? new GZipStream(_feed, CompressionMode.Decompress) : null;
        _decoded = ArrayPool<byte>.Shared.Rent(PieceBytes);
    }

    /// <summary>True once the answer cannot be decoded any further: it is not what it says, or a bomb.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>True for codings that can be decoded.</summary>
    public static bool CanDecode(ContentCoding coding) => coding is ContentCoding.Gzip or ContentCoding.Brotli;

    /// <summary>
    /// Decodes the next of <paramref name="run"/>; to be called until it answers that there is nothing more.
    /// </summary>
    /// <param name="run">Bytes of the answer, of which those that were used are taken off.</param>
    /// <param name="decoded">What they say; good until the next call. May be empty.</param>
    /// <returns>False: all was used, or the rest cannot be.</returns>
    public bool TryDecode(ref ReadOnlySpan<byte> run, out ReadOnlySpan<byte> decoded)
    {
        decoded = default;
        if (HasFailed || _isOver)
        {
            return false;
        }

        var length = _gzip is null ? ReadBrotli(ref run) : ReadGzip(ref run);
        _given += length;
        if (_given > DecodedBytesMax || _given > FreeBytes + (_taken * GrowthMax))
        {
            HasFailed = true;
            return false;
        }

        decoded = _decoded.AsSpan(0, length);
        return !HasFailed && (length > 0 || !run.IsEmpty);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isOver)
        {
            _isOver = true;
            _gzip?.Dispose();
            _brotli.Dispose();
            ArrayPool<byte>.Shared.Return(_decoded);
            _feed.ReturnMemory();
        }
    }

    private int ReadBrotli(ref ReadOnlySpan<byte> run)
    {
        var status = _brotli.Decompress(run, _decoded, out var used, out var length);
        run = run[used..];
        _taken += used;
        HasFailed |= status == OperationStatus.InvalidData;
        if (status == OperationStatus.Done)
        {
            // What comes behind the end is nobody's.
            run = default;
        }

        return length;
    }

    // The stream ends each time that its source has nothing more, and goes on when it has.
    private int ReadGzip(ref ReadOnlySpan<byte> run)
    {
        try
        {
            var length = _gzip!.Read(_decoded);
            if (length == 0 && !run.IsEmpty)
            {
                var used = _feed.Fill(run);
                run = run[used..];
                _taken += used;
                length = _gzip.Read(_decoded);
            }

            return length;
        }
        catch (InvalidDataException)
        {
            HasFailed = true;
            return 0;
        }
    }

    /// <summary>Hands a copy of a piece to whoever reads it, and is empty after that.</summary>
    private sealed class Feed : Stream
    {
        private byte[] _piece = [];
        private int _at;
        private int _length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public int Fill(ReadOnlySpan<byte> run)
        {
            if (_piece.Length == 0)
            {
                _piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
            }

            _at = 0;
            _length = Math.Min(run.Length, PieceBytes);
            run[.._length].CopyTo(_piece);
            return _length;
        }

        public void ReturnMemory()
        {
            if (_piece.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_piece);
                _piece = [];
            }

            _length = _at = 0;
        }

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, _length - _at);
            _piece.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
