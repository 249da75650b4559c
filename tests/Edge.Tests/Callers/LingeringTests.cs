using Edge.Tests.Streams;
using Edge.Tests.Support;
using Edge.Tests.Upstream;
using Edge.Transport;

namespace Edge.Tests.Callers;

/// <summary>
/// What becomes of a connection that is over for the gateway while its caller still sends (RFC 9112, section 9.6).
/// </summary>
public sealed class LingeringTests
{
    private const string TooLarge = "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n";

    /// <summary>Refused by the gateway and by its server, after all of a message and in the middle of one.</summary>
    private static readonly Dictionary<int, string> Refused = new()
    {
        [413] = TooLarge,
        [431] = $"POST /v1/x HTTP/1.1\r\nHost: a\r\nX: {new string('x', 40_000)}",
        [400] = "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };

    public static MatrixTheoryData<CallerKind, int> Refusals =>
        new([CallerKind.Http1, CallerKind.Http1Tls], [413, 431, 400]);

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Who_sends_on_without_reading_gets_the_whole_refusal(CallerKind kind, int status)
    {
        await using var stage = await Stage.SetAsync(kind);
        await stage.Caller.SendAsync(Refused[status]);
        await stage.WaitForLingeringAsync(1);
        for (var i = 0; i < 20; i++)
        {
            await stage.SendAsync(100_000);
        }

        var response = await stage.Caller.ReadResponseAsync("POST");
        Assert.Equal((status, true), (response.Status, response.Body.IsComplete));
        Assert.Equal(ConnectionEnd.Closed, await stage.Caller.WaitForEndAsync());
        Assert.Equal((1, 1), (stage.Connections, stage.Lingering));
        stage.Caller.Close();
        await stage.WaitForLingeringAsync(0);
        await stage.WaitForConnectionsAsync(0);
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.Http1Tls)]
    public async Task Who_falls_silent_is_waited_for_as_long_as_is_said(CallerKind kind)
    {
        await using var stage = await Stage.SetAsync(kind);
        await stage.Caller.SendAsync(TooLarge);
        await stage.WaitForLingeringAsync(1);
        stage.Time.Advance(LingeringSockets.SilenceMax - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, stage.Lingering);
        stage.Time.Advance(LingeringSockets.Period);
        Assert.Equal((0, 0), (stage.Lingering, stage.Connections));
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.Http1Tls)]
    public async Task Who_keeps_sending_a_little_is_cut_when_its_time_is_up(CallerKind kind)
    {
        await using var stage = await Stage.SetAsync(kind);
        await stage.Caller.SendAsync(TooLarge);
        await stage.WaitForLingeringAsync(1);
        var step = TimeSpan.FromSeconds(1);
        for (var at = step; at < LingeringSockets.TimeMax; at += step)
        {
            await stage.SendAsync(10);
            stage.Time.Advance(step);
        }

        await stage.SendAsync(10);
        stage.Time.Advance(step - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, stage.Lingering);
        stage.Time.Advance(LingeringSockets.Period);
        Assert.Equal((0, 0), (stage.Lingering, stage.Connections));
        await stage.AssertCutAsync();
    }

    [Theory]
    [InlineData(CallerKind.Http1, 0)]
    [InlineData(CallerKind.Http1Tls, 512 * 1024)]
    public async Task Who_keeps_sending_much_is_cut_after_so_many_bytes(CallerKind kind, int encryption)
    {
        await using var stage = await Stage.SetAsync(kind);
        await stage.Caller.SendAsync(TooLarge);
        await stage.WaitForLingeringAsync(1);
        await stage.SendAsync((int)LingeringSockets.BytesMax - encryption);
        Assert.Equal((1, 1), (stage.Lingering, stage.Connections));
        await stage.AssertCutAsync(encryption + 1);
    }

    [Theory]
    [InlineData(CallerKind.Http1, "GET /v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData(CallerKind.Http1Tls, "GET /v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData(CallerKind.Http1, "POST /v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(CallerKind.Http1Tls, "POST /v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")]
    public async Task A_connection_whose_requests_were_whole_is_closed_at_once(CallerKind kind, string request)
    {
        await using var stage = await Stage.SetAsync(kind);
        await stage.Caller.SendAsync(request);
        Assert.Equal(200, (await stage.Caller.ReadResponseAsync()).Status);
        Assert.Equal(ConnectionEnd.Closed, await stage.Caller.WaitForEndAsync());

        // The caller keeps its end open and the clock stands, so one that lingered would be there still.
        await stage.WaitForConnectionsAsync(0);
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.Http1Tls)]
    public async Task The_end_of_the_process_waits_for_none_and_idle_ones_do_not_linger(CallerKind kind)
    {
        await using var stage = await Stage.SetAsync(kind);
        await using var idle = await stage.ConnectAsync();
        await idle.SendAsync("GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(200, (await idle.ReadResponseAsync()).Status);
        await stage.Caller.SendAsync(TooLarge);
        await stage.WaitForLingeringAsync(1);
        Assert.True(await stage.Gateway.Gateway.DrainAsync());
        Assert.Equal(ConnectionEnd.Closed, await idle.WaitForEndAsync());
        await stage.WaitForConnectionsAsync(1);
        Assert.Equal(1, stage.Lingering);
        await stage.Gateway.DisposeAsync();
        Assert.Equal((0, 0), (stage.Lingering, stage.Connections));
    }

    /// <summary>A gateway whose clock stands still, and a caller.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly ScriptedUpstream _upstream;
        private readonly CallerKind _kind;

        private Stage(ScriptedUpstream upstream, StreamGateway gateway, ManualTime time, CallerKind kind)
        {
            _upstream = upstream;
            _kind = kind;
            Gateway = gateway;
            Time = time;
        }

        public StreamGateway Gateway { get; }

        public ManualTime Time { get; }

        public RawHttpClient Caller { get; private set; } = null!;

        public int Lingering => Listener.Lingering.Count;

        public int Connections => Listener.Gate.Count;

        private Edge.Hosting.HttpServer Listener => Gateway.ListenerOf(_kind);

        public static async Task<Stage> SetAsync(CallerKind kind)
        {
            var upstream = ScriptedUpstream.Start(Door.Answering(ScriptedUpstream.Ok("ok")));
            var time = new ManualTime();
            var stage = new Stage(upstream, await StreamGateway.StartAsync(upstream.Url, time: time), time, kind);
            stage.Caller = await stage.ConnectAsync();
            return stage;
        }

        public Task<RawHttpClient> ConnectAsync() => RawHttpClient.ConnectAsync(
            Gateway.EndpointOf(_kind), tls: _kind == CallerKind.Http1 ? null : RawHttpClient.TrustingTls());

        /// <summary>Sends some bytes of a body, and waits until they have been read.</summary>
        public async Task SendAsync(int count)
        {
            await Caller.SendAsync(new byte[count]);
            await Caller.WaitUntilReceivedAsync();
        }

        /// <summary>The gateway closes its end within so many bytes more, so that sending fails.</summary>
        public async Task AssertCutAsync(int count = 1)
        {
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                await Caller.SendAsync(new byte[count]);
                await WaitForLingeringAsync(0);
                while (true)
                {
                    await Caller.SendAsync("more");
                }
            });
            await WaitForConnectionsAsync(0);
        }

        public Task WaitForLingeringAsync(int count) => WaitAsync(() => Lingering == count);

        public Task WaitForConnectionsAsync(int count) => WaitAsync(() => Connections == count);

        public async ValueTask DisposeAsync()
        {
            await Caller.DisposeAsync();
            await Gateway.DisposeAsync();
            await _upstream.DisposeAsync();
        }

        private async Task WaitAsync(Func<bool> happened)
        {
            while (!happened())
            {
                await Task.Delay(5, Caller.Deadline);
            }
        }
    }
}
