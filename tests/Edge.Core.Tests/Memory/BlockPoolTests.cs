using System.Runtime.InteropServices;
using Edge.Core.Memory;

namespace Edge.Core.Tests.Memory;

// Alone: what others spare at the same moment would take the room that a test counts on.
[Collection(nameof(RunAlone))]
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

    [Fact]
    public void What_one_thread_has_to_spare_another_gets()
    {
        foreach (var bytes in Kept)
        {
            // More than one thread keeps, and fewer than all keep together.
            var blocks = new byte[64][];
            Fill(blocks, bytes);
            var known = new HashSet<byte[]>(blocks);
            Empty(blocks);
            var isKnown = false;
            var other = new Thread(() => isKnown = known.Contains(BlockPool.Rent(bytes)));
            other.Start();
            other.Join();
            Assert.True(isKnown);
        }
    }

    [Fact]
    public void A_collection_moves_no_block()
    {
        foreach (var bytes in Kept)
        {
            // As many as surely are new ones too.
            var blocks = new byte[1024][];
            Fill(blocks, bytes);
            var before = Array.ConvertAll(blocks, Address);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            Assert.Equal(before, Array.ConvertAll(blocks, Address));
            Empty(blocks);
        }
    }

    [Fact]
    public void Threads_that_rent_and_return_at_once_never_hold_the_same_block()
    {
        var isShared = false;
        var threads = new Thread[8];
        for (var i = 0; i < threads.Length; i++)
        {
            var mark = (byte)(i + 1);
            threads[i] = new Thread(() =>
            {
                var blocks = new byte[48][];
                for (var round = 0; round < 500; round++)
                {
                    Fill(blocks, Kept[round % Kept.Length]);
                    foreach (var block in blocks)
                    {
                        block.AsSpan().Fill(mark);
                    }

                    Thread.Yield();
                    foreach (var block in blocks)
                    {
                        if (block.AsSpan().ContainsAnyExcept(mark))
                        {
                            Volatile.Write(ref isShared, true);
                        }
                    }

                    Empty(blocks);
                }
            });
        }

        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.False(isShared);
    }

    private static IntPtr Address(byte[] block) => Marshal.UnsafeAddrOfPinnedArrayElement(block, 0);

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
