using System.Net;
using Edge.Hosting;
using Edge.Tests.Streams;
using Edge.Tests.Support;
using Edge.Tests.Upstream;
using Edge.Transport;

namespace Edge.Tests.Callers;

/// <summary>Callers that take what is sent to them slowly, or not at all.</summary>
public sealed class SlowReceiverTests
{
    /// <summary>More than the kernel keeps for a connection, on both sides together.</summary>
    private const int BodyBytes = 40 * 1024 * 1024;

    private const int PieceBytes = 64 * 1024;

    private static readonly int BeatsMin = (int)(ReceiverPatience.Max / SlowReceivers.Period);

    [Theory]
    [MemberData(nameof(CallerLeavesTests.Kinds), MemberType = typeof(CallerLeavesTests))]
    public async Task Who_takes_nothing_is_cut_off_but_not_before_its_time(CallerKind kind)
    {
        await using var stage = await Stage.SetAsync(kind);
        var ended = stage.Upstream.WaitForEndedAsync(1);
        var beats = 0;
        for (; !ended.IsCompleted; beats++)
        {
            await stage.WaitAsync(() => stage.Slow.Count == 1 || ended.IsCompleted);
            stage.Time.Advance(SlowReceivers.Period);
        }

        Assert.InRange(beats, BeatsMin, BeatsMin * 3);
        Assert.Equal(ConnectionEnd.Reset, await stage.Caller.WaitForEndAsync());
        await stage.WaitAsync(() => stage.Listener.Gate.Count == 0 && stage.Slow.Count == 0);
    }

    [Theory]
    [MemberData(nameof(CallerLeavesTests.Kinds), MemberType = typeof(CallerLeavesTests))]
    public async Task Who_takes_a_little_at_a_time_gets_it_all(CallerKind kind)
    {
        await using var stage = await Stage.SetAsync(kind);
        await stage.WaitAsync(() => stage.Slow.Count == 1);
        var received = 0;
        for (var beat = 0; beat < BeatsMin * 5; beat++)
        {
            received += (await stage.Caller.ReadExactAsync(PieceBytes)).Length;
            stage.Time.Advance(SlowReceivers.Period);
        }

        while (received < BodyBytes)
        {
            received += (await stage.Caller.ReadExactAsync(PieceBytes)).Length;
        }
    }

    private sealed class Stage : IAsyncDisposable
    {
        private readonly StreamGateway _gateway;
        private readonly CallerKind _kind;

        private Stage(ScriptedUpstream upstream, StreamGateway gateway, ManualTime time, RawHttpClient caller, CallerKind kind)
        {
            Upstream = upstream;
            Time = time;
            Caller = caller;
            _gateway = gateway;
            _kind = kind;
        }

        public ScriptedUpstream Upstream { get; }

        public ManualTime Time { get; }

        public RawHttpClient Caller { get; }

        public HttpServer Listener => _gateway.ListenerOf(_kind);

        public SlowReceivers Slow => Listener.Slow;

        /// <summary>A caller has asked for a large body, and read none of it.</summary>
        public static async Task<Stage> SetAsync(CallerKind kind)
        {
            var upstream = ScriptedUpstream.Start(static async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {BodyBytes}\r\n\r\n");
                await connection.SendAsync(new byte[BodyBytes]);
                await connection.ReadToEndAsync();
            });
            var time = new ManualTime();

            // A minute of this clock passes faster than the upstream's thread may get to run.
            var gateway = await StreamGateway.StartAsync(upstream.Url, timeouts: "{ idle: 1h }", time: time);
            var isTls = kind is CallerKind.H2 or CallerKind.Http1Tls;
            var caller = kind is CallerKind.H2c or CallerKind.H2
                ? await AskHttp2Async(gateway.EndpointOf(kind), isTls)
                : await AskHttp1Async(gateway.EndpointOf(kind), isTls);
            return new Stage(upstream, gateway, time, caller, kind);
        }

        public async Task WaitAsync(Func<bool> happened)
        {
            while (!happened())
            {
                await Task.Delay(1, Caller.Deadline);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Caller.DisposeAsync();
            await _gateway.DisposeAsync();
            await Upstream.DisposeAsync();
        }

        private static async Task<RawHttpClient> AskHttp1Async(IPEndPoint endpoint, bool isTls)
        {
            var caller = await RawHttpClient.ConnectAsync(endpoint, tls: isTls ? RawHttpClient.TrustingTls() : null);
            await caller.SendAsync("GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
            return caller;
        }

        /// <summary>With windows that never end.</summary>
        private static async Task<RawHttpClient> AskHttp2Async(IPEndPoint endpoint, bool isTls)
        {
            var caller = await Http2Caller.ConnectAsync(endpoint, isTls);
            await caller.SetStreamWindowAsync(int.MaxValue);
            await caller.EnlargeAsync(0, int.MaxValue - ushort.MaxValue);
            await caller.SendHeadersAsync(1, Http2Caller.Block(
                (":method", "GET"), (":scheme", isTls ? "https" : "http"), (":path", "/v1/x"), (":authority", "a")));
            return caller.Connection;
        }
    }
}
