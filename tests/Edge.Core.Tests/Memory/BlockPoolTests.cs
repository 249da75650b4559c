using Edge.Core.Memory;

namespace Edge.Core.Tests.Memory;

public sealed class BlockPoolTests
{
    private static readonly int[] Kept = [BlockPool.TinyBytes, BlockPool.SmallBytes, BlockPool.MessageBytes];

    [Fact]
    public void A_block_has_the_size_that_was_asked_for_or_more()
    {
        for (var bytes = 0; bytes <= 2 * BlockPool.LargeBytes; bytes += 511)
        {
            var block = BlockPool.Rent(bytes);
            Assert.True(block.Length >= bytes);
            BlockPool.Return(block);
        }
    }

    [Fact]
    public void A_thread_gets_back_what_it_last_returned()
    {
        foreach (var bytes in Kept)
        {
            var block = BlockPool.Rent(bytes);
            BlockPool.Return(block);
            Assert.Same(block, BlockPool.Rent(bytes));
            BlockPool.Return(block);
        }
    }

    [Fact]
    public void Nobody_has_a_block_that_another_has()
    {
        foreach (var bytes in Kept)
        {
            var rented = new HashSet<byte[]>();
            for (var round = 0; round < 2; round++)
            {
                for (var i = 0; i < 200; i++)
                {
                    Assert.True(rented.Add(BlockPool.Rent(bytes)));
                }

                foreach (var block in rented)
                {
                    BlockPool.Return(block);
                }

                rented.Clear();
            }
        }
    }

    [Fact]
    public void As_many_as_a_busy_loop_needs_come_back_without_a_new_one()
    {
        foreach (var bytes in Kept)
        {
            var blocks = new byte[32][];
            Fill(blocks, bytes);
            Empty(blocks);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Fill(blocks, bytes);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Empty(blocks);
            Assert.Equal(0, allocated);
        }
    }

    [Fact]
    public void A_block_may_be_returned_on_another_thread()
    {
        var block = BlockPool.Rent(BlockPool.SmallBytes);
        byte[]? there = null;
        var other = new Thread(() =>
        {
            BlockPool.Return(block);
            there = BlockPool.Rent(BlockPool.SmallBytes);
        });
        other.Start();
        other.Join();
        Assert.Same(block, there);
    }

    private static void Fill(byte[][] blocks, int bytes)
    {
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = BlockPool.Rent(bytes);
        }
    }

    private static void Empty(byte[][] blocks)
    {
        foreach (var block in blocks)
        {
            BlockPool.Return(block);
        }
    }
}
