using System.IO.Pipelines;
using Edge.Hosting;
using Edge.Tests.Transport;
using Edge.Transport;
using Microsoft.AspNetCore.Connections;

namespace Edge.Tests.Hosting;

public sealed class GatheredOutputTests
{
    private static readonly EventLoop Loop = EventLoops.All[0];

    [Fact]
    public async Task What_one_turn_flushes_is_written_at_its_end_and_at_once()
    {
        var connection = new Connection();
        var serving = ServeAsync(connection, async served =>
        {
            await LoopWork.RunAsync(Loop, () =>
            {
                for (byte i = 0; i < 5; i++)
                {
                    var written = served.Transport.Output.WriteAsync(new byte[] { i, i });
                    Assert.True(written.IsCompletedSuccessfully);
                    Assert.Empty(connection.Writes);
                }
            });

            await EndOfTurnAsync();
            Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], Assert.Single(connection.Writes));
        });
        await serving;
        Assert.Single(connection.Writes);
    }

    [Fact]
    public async Task What_is_flushed_elsewhere_is_written_on_the_loop_and_soon()
    {
        var connection = new Connection();
        await ServeAsync(connection, async served =>
        {
            for (byte i = 0; i < 3; i++)
            {
                await Task.Run(() => served.Transport.Output.WriteAsync(new[] { i }).AsTask());
            }

            await EndOfTurnAsync();
            Assert.Equal([0, 1, 2], connection.Writes.SelectMany(static write => write));
        });
        Assert.All(connection.Loops, static loop => Assert.Same(Loop, loop));
    }

    [Fact]
    public async Task A_task_that_flushes_elsewhere_goes_on_on_the_loop_and_leaves_nothing_behind_there()
    {
        await ServeAsync(new Connection(), static async served =>
        {
            await Task.Run(async () =>
            {
                Assert.Null(EventLoop.Current);
                await served.Transport.Output.WriteAsync(new byte[1]);
                for (var i = 0; i < 3; i++)
                {
                    await Task.Yield();
                    Assert.Same(Loop, EventLoop.Current);
                    Assert.NotNull(SynchronizationContext.Current);
                }
            });
            await LoopWork.RunAsync(Loop, static () => Assert.Null(SynchronizationContext.Current));
        });
    }

    [Fact]
    public async Task A_connection_that_takes_nothing_makes_the_writer_wait()
    {
        var connection = new Connection { Blocked = new TaskCompletionSource() };
        var bytes = new byte[1024];
        await ServeAsync(connection, async served =>
        {
            var flush = default(ValueTask<FlushResult>);
            var written = 0;
            while (flush.IsCompleted)
            {
                _ = await flush;
                flush = served.Transport.Output.WriteAsync(bytes);
                written += bytes.Length;
                Assert.InRange(written, 1, GatheredOutput.UnsentMax);
            }

            Assert.Equal(GatheredOutput.UnsentMax, written);
            connection.Blocked.SetResult();
            Assert.False((await flush).IsCompleted);
        });
        Assert.Equal(GatheredOutput.UnsentMax, connection.Writes.Sum(static write => write.Length));
    }

    [Fact]
    public async Task It_ends_only_once_all_is_written()
    {
        var connection = new Connection { Blocked = new TaskCompletionSource() };
        var serving = ServeAsync(
            connection, static async served => await served.Transport.Output.WriteAsync(new byte[100]));
        await LoopWork.RunAsync(Loop, static () => { });
        Assert.False(serving.IsCompleted);
        connection.Blocked.SetResult();
        await serving;
        Assert.Equal(100, connection.Writes.Sum(static write => write.Length));
    }

    [Fact]
    public async Task It_ends_too_once_the_rest_can_not_be_written()
    {
        var connection = new Connection { Blocked = new TaskCompletionSource() };
        var serving = ServeAsync(
            connection, static async served => await served.Transport.Output.WriteAsync(new byte[100]));
        await LoopWork.RunAsync(Loop, static () => { });
        connection.Blocked.SetException(new IOException());
        await serving;
        Assert.True(connection.IsAborted);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(FormatException))]
    public async Task A_connection_that_takes_no_more_is_told_to_the_writer_and_ended(Type? fault)
    {
        var connection = new Connection { IsBroken = true, Fault = fault };
        await ServeAsync(connection, async served =>
        {
            await served.Transport.Output.WriteAsync(new byte[10]);
            await EndOfTurnAsync();
            Assert.True((await served.Transport.Output.WriteAsync(new byte[10])).IsCompleted);
            Assert.Equal(fault is not null, connection.IsAborted);
        });
    }

    [Fact]
    public async Task Once_it_is_over_the_transport_is_as_it_was()
    {
        var connection = new Connection();
        var transport = connection.Transport;
        await Assert.ThrowsAsync<FormatException>(() => ServeAsync(connection, served =>
        {
            Assert.NotSame(transport, served.Transport);
            throw new FormatException();
        }));
        Assert.Same(transport, connection.Transport);
    }

    private static Task ServeAsync(ConnectionContext connection, ConnectionDelegate next) =>
        GatheredOutput.ServeAsync(connection, Loop, next);

    // What a turn leaves to the next is done then, and the second is over once a third has begun.
    private static async Task EndOfTurnAsync()
    {
        for (var turn = 0; turn < 3; turn++)
        {
            await LoopWork.RunAsync(Loop, static () => { });
        }
    }

    /// <summary>Takes down what is written to it.</summary>
    private sealed class Connection : DefaultConnectionContext, IDuplexPipe
    {
        private readonly Writer _writer;

        public Connection()
        {
            _writer = new Writer(this);
            Transport = this;
        }

        public List<byte[]> Writes { get; } = [];

        public List<EventLoop?> Loops { get; } = [];

        public TaskCompletionSource? Blocked { get; init; }

        public bool IsBroken { get; init; }

        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;

        public Type? Fault { get; init; }

        public PipeReader Input { get; } = PipeReader.Create(Stream.Null);

        public PipeWriter Output => _writer;

        private sealed class Writer(Connection connection) : PipeWriter
        {
            public override async ValueTask<FlushResult> WriteAsync(
                ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
            {
                if (connection.Blocked is { } blocked)
                {
                    await blocked.Task;
                }

                if (connection.Fault is { } fault)
                {
                    throw (Exception)Activator.CreateInstance(fault)!;
                }

                connection.Writes.Add(source.ToArray());
                connection.Loops.Add(EventLoop.Current);
                return new FlushResult(isCanceled: false, isCompleted: connection.IsBroken);
            }

            public override void Advance(int bytes) => throw new NotSupportedException();

            public override void CancelPendingFlush() => throw new NotSupportedException();

            public override void Complete(Exception? exception = null) => throw new NotSupportedException();

            public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
                throw new NotSupportedException();

            public override Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

            public override Span<byte> GetSpan(int sizeHint = 0) => throw new NotSupportedException();
        }
    }
}
