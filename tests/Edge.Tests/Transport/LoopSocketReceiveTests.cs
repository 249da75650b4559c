using System.Net.Sockets;
using System.Text;
using Edge.Transport;

namespace Edge.Tests.Transport;

public sealed class LoopSocketReceiveTests : LoopSocketTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(60)]
    [InlineData(255)]
    public async Task Sockets_that_become_readable_in_one_turn_are_all_told(int count)
    {
        var pairs = Pairs(count);
        var left = count;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var got = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var number = i;
            pairs[i].Readable = () =>
            {
                got[number] = Receive(pairs[number]);
                if (Interlocked.Decrement(ref left) == 0)
                {
                    all.SetResult();
                }
            };
            Assert.True(pairs[i].Socket.TryAwaitReadable());
        }

        await LoopWork.RunAsync(Loop, () =>
        {
            for (var i = 0; i < count; i++)
            {
                pairs[i].Peer.Send(Message(i));
            }
        });

        await all.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(Message(i), got[i]);

            // Emptied, and known to be.
            Assert.Equal(LinuxSocket.WouldBlock, pairs[i].Socket.Receive(new byte[10]));
            Assert.True(pairs[i].Socket.IsQuiet);
        }
    }

    [Fact]
    public async Task A_piece_that_does_not_fit_is_received_in_parts_and_more_after_it()
    {
        var (one, other) = (Pair(), Pair());
        var got = new List<byte>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        one.Readable = () => one.Socket.Receive(new byte[100]);
        other.Readable = () =>
        {
            var room = new byte[7];
            while (other.Socket.Receive(room) is var count && count > 0)
            {
                got.AddRange(room.AsSpan(0, count));
            }

            if (got.Count < 5000)
            {
                Assert.True(other.Socket.TryAwaitReadable());
            }
            else
            {
                done.SetResult();
            }
        };
        Assert.True(one.Socket.TryAwaitReadable() && other.Socket.TryAwaitReadable());
        var bytes = Numbered(5000);
        await LoopWork.RunAsync(Loop, () =>
        {
            one.Peer.Send(Message(1));
            other.Peer.Send(bytes, 100, SocketFlags.None);
        });
        other.Peer.Send(bytes.AsSpan(100));

        await done.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(bytes, got);
    }

    [Fact]
    public async Task What_was_received_for_a_wait_that_was_taken_back_is_there_for_the_next()
    {
        var (one, other) = (Pair(), Pair());
        var isStopped = false;
        one.Readable = () =>
        {
            one.Socket.Receive(new byte[100]);
            isStopped = other.Socket.TryStopAwaitingReadable();
        };
        Assert.True(one.Socket.TryAwaitReadable() && other.Socket.TryAwaitReadable());
        await LoopWork.RunAsync(Loop, () =>
        {
            one.Peer.Send(Message(1));
            other.Peer.Send("first "u8);
        });
        await LoopWork.RunAsync(Loop, () => { });
        Assert.SkipUnless(isStopped, "the events came in another order");
        Assert.False(other.Socket.IsQuiet);
        Assert.Equal(1, other.Socket.Peek());

        // What comes now is an event that finds the first bytes still there: it must not be forgotten with them.
        other.Peer.Send("second"u8);
        await LoopWork.RunAsync(Loop, () => { });
        var text = new StringBuilder();
        var whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        other.Readable = () => Take();
        await LoopWork.RunAsync(Loop, Take);
        await whole.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal("first second", text.ToString());

        void Take()
        {
            do
            {
                text.Append(Encoding.ASCII.GetString(Receive(other)));
            }
            while (!other.Socket.IsClosed && !other.Socket.TryAwaitReadable());
            if (text.Length == 12)
            {
                whole.TrySetResult();
            }
        }
    }

    [Fact]
    public async Task What_was_received_earlier_hides_nothing_that_came_with_the_event_at_hand()
    {
        var (one, other) = (Pair(), Pair());
        var isStopped = false;
        var text = new StringBuilder();
        var whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        one.Readable = () =>
        {
            one.Socket.Receive(new byte[100]);
            isStopped = other.Socket.TryStopAwaitingReadable();
        };
        var isFull = true;
        var sent = Fill(other);
        other.Writable = FillOrTake;
        Assert.True(other.Socket.TryAwaitWritable());
        Assert.True(one.Socket.TryAwaitReadable() && other.Socket.TryAwaitReadable());
        await LoopWork.RunAsync(Loop, () =>
        {
            one.Peer.Send(Message(1));
            other.Peer.Send("first "u8);
        });
        await LoopWork.RunAsync(Loop, () => { });
        Assert.SkipUnless(isStopped, "the events came in another order");

        // One event tells of room and of bytes, and who waited for room takes the earlier bytes first.
        other.Readable = Take;
        await LoopWork.RunAsync(Loop, () =>
        {
            isFull = false;
            other.Peer.Send("second"u8);
            other.PeerReceives(sent);
        });
        await whole.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal("first second", text.ToString());

        void FillOrTake()
        {
            // The kernel moves on what it has for a moment, and then has room again.
            while (isFull && !other.Socket.TryAwaitWritable())
            {
                sent += Fill(other, sent);
            }

            if (!isFull)
            {
                Take();
            }
        }

        void Take()
        {
            text.Append(Encoding.ASCII.GetString(Receive(other)));
            while (!other.Socket.IsClosed && !other.Socket.TryAwaitReadable())
            {
                text.Append(Encoding.ASCII.GetString(Receive(other)));
            }

            if (text.Length == 12)
            {
                whole.TrySetResult();
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ends_and_resets_come_like_bytes(bool isReset)
    {
        var (one, other) = (Pair(), Pair());
        var result = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        one.Readable = () => one.Socket.Receive(new byte[100]);
        other.Readable = () => result.SetResult(other.Socket.Receive(new byte[100]));
        Assert.True(one.Socket.TryAwaitReadable() && other.Socket.TryAwaitReadable());
        await LoopWork.RunAsync(Loop, () =>
        {
            one.Peer.Send(Message(1));
            other.Peer.LingerState = new LingerOption(isReset, 0);
            other.Peer.Close();
        });

        var received = await result.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(isReset ? SocketError.ConnectionReset : SocketError.Success, isReset
            ? LinuxSocket.ExceptionOf(received).SocketErrorCode
            : (SocketError)received);
    }

    [Fact]
    public async Task Closing_gives_back_what_was_received_for_nobody()
    {
        // More often than there are pieces: without them a socket would still be served, but alone.
        for (var i = 0; i < 2 * IoRing.OperationsMax; i += 2)
        {
            using var one = new LoopPair(Loop);
            using var other = new LoopPair(Loop);
            one.Readable = () => { };
            other.Readable = () => { };
            Assert.True(one.Socket.TryAwaitReadable() && other.Socket.TryAwaitReadable());
            await LoopWork.RunAsync(Loop, () =>
            {
                one.Peer.Send(Message(1));
                other.Peer.Send(Message(2));
            });
            await LoopWork.RunAsync(Loop, () => { });
        }

        // Others use the loop too.
        Assert.InRange(await FreePiecesAsync(), SocketBatch.PiecesMax / 2, SocketBatch.PiecesMax);
    }

    private static async Task<int> FreePiecesAsync()
    {
        var free = 0;
        await LoopWork.RunAsync(Loop, () => free = Loop.Batch.FreePieces);
        return free;
    }
}
