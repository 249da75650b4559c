using System.Buffers;
using System.Runtime.InteropServices;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class HeadBufferTests
{
    [Theory]
    [InlineData(HeadBuffer.PooledBytesMax, true)]
    [InlineData(HeadBuffer.PooledBytesMax + 1, false)]
    public void Only_what_is_not_large_goes_back_to_the_pool(int bytes, bool isPooled)
    {
        var buffer = new HeadBuffer();
        buffer.Write(new byte[bytes]);
        Assert.True(MemoryMarshal.TryGetArray(buffer.Written, out var first));
        buffer.ReturnMemory();

        // A thread gets back what it returned last.
        var next = ArrayPool<byte>.Shared.Rent(first.Array!.Length);
        Assert.Equal(isPooled, ReferenceEquals(first.Array, next));
        ArrayPool<byte>.Shared.Return(next);
    }

    [Fact]
    public void What_was_written_survives_that_it_grows_beyond_the_pool()
    {
        var buffer = new HeadBuffer();
        for (var i = 0; i < 3 * HeadBuffer.PooledBytesMax; i += 1_000)
        {
            var piece = new byte[1_000];
            piece.AsSpan().Fill((byte)(i / 1_000));
            buffer.Write(piece);
        }

        for (var i = 0; i < buffer.Length; i++)
        {
            Assert.Equal((byte)(i / 1_000), buffer.Written.Span[i]);
        }

        buffer.ReturnMemory();
    }
}
