using System.Net.Sockets;
using Edge.Transport;

namespace Edge.Tests.Transport;

public sealed class LoopSocketSendTests : LoopSocketTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(100)]
    public async Task Sends_of_a_turn_reach_their_peers(int count)
    {
        var pairs = Pairs(count);
        await LoopWork.RunAsync(Loop, () =>
        {
            for (var i = 0; i < count; i++)
            {
                Assert.Equal(Message(i).Length, pairs[i].Socket.Send(Message(i)));
            }
        });

        for (var i = 0; i < count; i++)
        {
            Assert.Equal(Message(i), pairs[i].PeerReceives(Message(i).Length));
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(EventLoop.EventsOfShortTurn, false)]
    [InlineData(EventLoop.EventsOfShortTurn + 1, true)]
    [InlineData(60, true)]
    public async Task Only_a_turn_of_many_events_puts_sends_off(int events, bool isPutOff)
    {
        const int AttemptsMax = 20;

        // The loop has sockets of other tests too, whose events may make a turn of few one of many.
        var wasPutOff = await IsLastPutOffAsync(events);
        for (var i = 1; i < AttemptsMax && wasPutOff && !isPutOff; i++)
        {
            wasPutOff = await IsLastPutOffAsync(events);
        }

        Assert.Equal(isPutOff, wasPutOff);
    }

    private async Task<bool> IsLastPutOffAsync(int events)
    {
        var pairs = Pairs(events);
        var left = events;
        var unsent = new bool[events];
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < events; i++)
        {
            var number = i;
            pairs[i].Readable = () =>
            {
                Assert.Equal(Message(number).Length, pairs[number].Socket.Send(Message(number)));
                unsent[number] = pairs[number].Socket.HasUnsent;
                if (Interlocked.Decrement(ref left) == 0)
                {
                    all.SetResult();
                }
            };
            Assert.True(pairs[i].Socket.TryAwaitReadable());
        }

        // Sent while the loop is here, so that all of it is there in its next turn.
        await LoopWork.RunAsync(Loop, () =>
        {
            for (var i = 0; i < events; i++)
            {
                pairs[i].Peer.Send("x"u8);
            }
        });
        await all.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        for (var i = 0; i < events; i++)
        {
            Assert.Equal(Message(i), pairs[i].PeerReceives(Message(i).Length));
        }

        return unsent[^1];
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(4096, 4096)]
    [InlineData(10, 4097)]
    [InlineData(4097, 10)]
    [InlineData(10, 0)]
    [InlineData(10, 1023)]
    [InlineData(10, 1024)]
    [InlineData(4096, 100_000)]
    public async Task Two_sends_of_a_turn_arrive_in_order(int first, int second)
    {
        var pair = Pair();
        var bytes = Numbered(first + second);
        await LoopWork.RunAsync(Loop, () =>
        {
            Assert.Equal(first, pair.Socket.Send(bytes.AsSpan(0, first)));
            Assert.Equal(second, pair.Socket.Send(bytes.AsSpan(first)));
        });

        Assert.Equal(bytes, pair.PeerReceives(bytes.Length));
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1, 200)]
    [InlineData(20, 5)]
    public async Task Much_after_what_was_put_off_leaves_room_for_the_next(int count, int turns)
    {
        const int PutOff = 4096, More = 5000;
        var pairs = Pairs(count);
        for (var turn = 0; turn < turns; turn++)
        {
            await LoopWork.RunAsync(Loop, () =>
            {
                for (var i = 0; i < count; i++)
                {
                    Assert.Equal(PutOff, pairs[i].Socket.Send(Numbered(PutOff, from: i)));

                    // Of every third nothing comes after it, so that some of it goes at the end of the turn.
                    Assert.Equal(i % 3 == 2 ? 0 : More, i % 3 == 2 ? 0 : pairs[i].Socket.Send(Numbered(More, from: i + PutOff)));
                }
            });
            for (var i = 0; i < count; i++)
            {
                var length = i % 3 == 2 ? PutOff : PutOff + More;
                Assert.Equal(Numbered(length, from: i), pairs[i].PeerReceives(length));
            }
        }
    }

    [Theory]
    [InlineData(10, 10, 1)]
    [InlineData(100, 5000, 5000)]
    public async Task Pieces_arrive_as_one_after_what_was_put_off(int first, int second, int third)
    {
        var pair = Pair();
        var bytes = Numbered(10 + first + second + third);
        await LoopWork.RunAsync(Loop, () =>
        {
            Assert.Equal(10, pair.Socket.Send(bytes.AsSpan(0, 10)));
            Assert.Equal(
                first + second + third,
                pair.Socket.Send(
                    bytes.AsSpan(10, first), bytes.AsSpan(10 + first, second), bytes.AsSpan(10 + first + second)));
        });

        Assert.Equal(bytes, pair.PeerReceives(bytes.Length));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(4096)]
    public async Task What_was_put_off_and_much_after_it_keep_their_order_though_the_kernel_is_full(int putOff)
    {
        var pair = Pair();
        var sent = Fill(pair);
        await LoopWork.RunAsync(Loop, () =>
        {
            // The kernel may have room for a part of it by now, or for none.
            Assert.Equal(putOff, pair.Socket.Send(Numbered(putOff, from: sent)));
            var more = pair.Socket.Send(Numbered(8 << 20, from: sent + putOff));
            sent += putOff + Math.Max(more, 0);
            Assert.InRange(more, LinuxSocket.WouldBlock, (8 << 20) - 1);
        });

        Assert.Equal(Numbered(sent), pair.PeerReceives(sent));
        await LoopWork.RunAsync(Loop, () => pair.Socket.Send("!"u8));
        Assert.Equal("!"u8.ToArray(), pair.PeerReceives(1));
    }

    [Fact]
    public async Task Another_thread_sends_after_what_was_put_off()
    {
        var pair = Pair();
        var bytes = Numbered(2000);
        var writable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Writable = writable.SetResult;
        var sent = 0;
        await LoopWork.RunAsync(Loop, () =>
        {
            Assert.Equal(1000, pair.Socket.Send(bytes.AsSpan(0, 1000)));
            var other = new Thread(() =>
            {
                sent = pair.Socket.Send(bytes.AsSpan(1000));
                Assert.True(sent != LinuxSocket.WouldBlock || pair.Socket.TryAwaitWritable());
            });
            other.Start();
            other.Join();
        });

        Assert.Equal(LinuxSocket.WouldBlock, sent);
        await writable.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(1000, pair.Socket.Send(bytes.AsSpan(1000)));
        Assert.Equal(bytes, pair.PeerReceives(bytes.Length));
    }

    [Fact]
    public async Task A_slow_peer_gets_every_byte_in_order()
    {
        var pair = Pair();
        var sent = await FillAsync(pair);

        // Told again each time the kernel has room, until twice as much is through.
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var total = sent * 2;
        pair.Writable = Go;
        await LoopWork.RunAsync(Loop, Go);
        var received = pair.PeerReceives(total);
        await all.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(Numbered(total), received);

        void Go()
        {
            while (sent < total)
            {
                var count = pair.Socket.Send(Numbered(Math.Min(1000, total - sent), from: sent));
                sent += Math.Max(count, 0);
                if (count == LinuxSocket.WouldBlock && pair.Socket.TryAwaitWritable())
                {
                    return;
                }
            }

            all.SetResult();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_kernel_did_not_take_goes_before_the_end(bool isOnLoop)
    {
        var pair = Pair();
        var sent = await FillAsync(pair);
        if (isOnLoop)
        {
            await LoopWork.RunAsync(Loop, pair.Socket.Dispose);
        }
        else
        {
            pair.Socket.Shutdown();
            pair.Socket.Dispose();
        }

        Assert.True(pair.Socket.HasUnsent);
        Assert.False(pair.Closed.IsCompleted);
        Assert.False(ClosingSockets.OfProcess.NoneAsync().IsCompleted);
        Assert.Equal(Numbered(sent), pair.PeerReceives(sent + 1));
        await pair.Closed.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.False(pair.Socket.HasUnsent);
    }

    [Fact]
    public async Task Who_waits_on_another_thread_while_the_kernel_refuses_what_was_put_off_is_told()
    {
        var pair = Pair();
        var sent = Fill(pair);
        var writable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Writable = writable.SetResult;
        var (answer, isWaiting) = (0, false);
        await LoopWork.RunAsync(Loop, () =>
        {
            Assert.Equal(1000, pair.Socket.Send(Numbered(1000, from: sent)));
            var other = new Thread(() =>
            {
                answer = pair.Socket.Send(Numbered(1000, from: sent + 1000));
                isWaiting = pair.Socket.TryAwaitWritable();
            });
            other.Start();
            other.Join();
        });

        Assert.Equal(LinuxSocket.WouldBlock, answer);
        Assert.True(isWaiting);
        Assert.Equal(Numbered(sent + 1000), pair.PeerReceives(sent + 1000));
        await writable.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_reset_by_another_thread_that_then_closes_is_still_one()
    {
        var pair = Pair();
        await LoopWork.RunAsync(Loop, () =>
        {
            pair.Socket.Send(Message(1));
            var other = new Thread(() =>
            {
                pair.Socket.Reset();
                pair.Socket.Dispose();
            });
            other.Start();
            other.Join();
        });

        var exception = Assert.Throws<SocketException>(() => pair.PeerReceives(100));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ends_follow_what_was_put_off(bool isHalf)
    {
        var pair = Pair();
        await LoopWork.RunAsync(Loop, () =>
        {
            pair.Socket.Send(Message(1));
            if (isHalf)
            {
                pair.Socket.ShutdownSend();
            }
            else
            {
                pair.Socket.Shutdown();
                pair.Socket.Dispose();
            }
        });

        Assert.Equal(Message(1), pair.PeerReceives(100));
    }

    [Fact]
    public async Task An_end_by_another_thread_follows_what_was_put_off()
    {
        var pair = Pair();
        await LoopWork.RunAsync(Loop, () =>
        {
            pair.Socket.Send(Message(1));
            var other = new Thread(pair.Socket.Shutdown);
            other.Start();
            other.Join();
        });

        Assert.Equal(Message(1), pair.PeerReceives(100));
    }

    [Fact]
    public async Task A_reset_follows_what_was_put_off_and_is_one()
    {
        var pair = Pair();
        await LoopWork.RunAsync(Loop, () =>
        {
            pair.Socket.Send(Message(1));
            pair.Socket.Reset();
        });

        var exception = Assert.Throws<SocketException>(() => pair.PeerReceives(100));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }

    [Fact]
    public async Task A_refusal_is_told_by_the_next_send()
    {
        var pair = Pair();
        var readable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Readable = readable.SetResult;
        Assert.True(pair.Socket.TryAwaitReadable());
        pair.Peer.LingerState = new LingerOption(true, 0);
        pair.Peer.Close();
        await readable.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.False(pair.Socket.HasRefused);
        var second = 0;
        await LoopWork.RunAsync(Loop, () =>
        {
            // The first takes the reset's error, of which the second hears.
            Assert.Equal(3, pair.Socket.Send("abc"u8));
            second = pair.Socket.Send("def"u8);
        });

        Assert.True(second < 0 && second != LinuxSocket.WouldBlock, $"{second}");
        Assert.True(pair.Socket.HasRefused);
    }

    // Sends on the loop until the peer, who does not read, and the kernel are full, and some of it is kept.
    private static async Task<int> FillAsync(LoopPair pair)
    {
        var sent = Fill(pair);
        var isFull = false;
        while (!isFull)
        {
            await LoopWork.RunAsync(Loop, () =>
            {
                var count = pair.Socket.Send(Numbered(1000, from: sent));
                isFull = count == LinuxSocket.WouldBlock;
                sent += Math.Max(count, 0);
            });
            Assert.InRange(sent, 0, 64 << 20);
        }

        return sent;
    }
}
