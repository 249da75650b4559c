using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Edge.Core.Http;
using Edge.Core.Memory;

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

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, BlockPool.TinyBytes)]
    [InlineData(BlockPool.TinyBytes, BlockPool.TinyBytes)]
    [InlineData(BlockPool.TinyBytes + 1, BlockPool.SmallBytes)]
    [InlineData(BlockPool.SmallBytes, BlockPool.SmallBytes)]
    [InlineData(BlockPool.SmallBytes + 1, BlockPool.MessageBytes)]
    [InlineData(BlockPool.MessageBytes, BlockPool.MessageBytes)]
    [InlineData(100_000, 131_072)]
    public void What_is_trimmed_keeps_what_was_written_in_the_least_block(int bytes, int block)
    {
        var written = new byte[bytes];
        new Random(bytes).NextBytes(written);
        var buffer = new HeadBuffer();
        buffer.Write("x"u8);
        buffer.Clear();
        buffer.Write(written);
        buffer.Trim();
        Assert.Equal(written, buffer.Written.ToArray());
        Assert.True(MemoryMarshal.TryGetArray(buffer.Written, out var array));
        Assert.Equal(block, array.Array!.Length);

        buffer.Write("and more"u8);
        Assert.Equal([.. written, .. "and more"u8], buffer.Written.ToArray());
        buffer.ReturnMemory();
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

    [Fact]
    public void Text_of_every_length_becomes_a_byte_for_each_char()
    {
        for (var length = 0; length < 100; length++)
        {
            var text = string.Create(length, length, static (chars, length) =>
            {
                for (var i = 0; i < chars.Length; i++)
                {
                    chars[i] = (char)((i + (length * 7)) & 0xFF);
                }
            });
            var buffer = new HeadBuffer(initialBytes: 1);
            buffer.Write("<"u8);
            buffer.WriteLatin1(text);
            buffer.WriteField(text, text);
            buffer.WriteField("a", text);
            Assert.Equal($"<{text}{text}: {text}\r\na: {text}\r\n", Encoding.Latin1.GetString(buffer.Written.Span));
            buffer.ReturnMemory();
        }
    }

    [Theory]
    [InlineData('\u0100')]
    [InlineData('\u010a')]
    [InlineData('\u0d0a')]
    [InlineData('\u800a')]
    [InlineData('\uff0d')]
    public void A_char_that_has_no_byte_ends_no_line(char wide)
    {
        for (var length = 1; length < 40; length++)
        {
            var buffer = new HeadBuffer();
            buffer.WriteLatin1(new string(wide, length));
            Assert.Equal(Enumerable.Repeat(byte.MaxValue, length), buffer.Written.ToArray());
            buffer.ReturnMemory();
        }
    }
}
