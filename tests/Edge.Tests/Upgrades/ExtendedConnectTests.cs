using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Edge.Core.Http;
using Edge.Core.Telemetry;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Upgrades;

/// <summary>WebSockets on streams of HTTP/2 (RFC 8441), frame by frame.</summary>
public sealed class ExtendedConnectTests
{
    private const string H2c = "h2c: true";

    [Fact]
    public async Task The_gateway_says_that_it_takes_them()
    {
        const int EnableConnectProtocol = 8;
        await using var door = await Door.OpenAsync(H2c, route: Switching.Route);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        var head = await caller.Connection.ReadExactAsync(9);
        Assert.Equal((byte)Http2FrameType.Settings, head[3]);
        var settings = await caller.Connection.ReadExactAsync(BinaryPrimitives.ReadInt32BigEndian(head) >>> 8);
        var found = Enumerable.Range(0, settings.Length / 6).ToDictionary(
            i => (int)BinaryPrimitives.ReadUInt16BigEndian(settings.AsSpan(6 * i)),
            i => BinaryPrimitives.ReadUInt32BigEndian(settings.AsSpan((6 * i) + 2)));
        Assert.Equal(1u, found[EnableConnectProtocol]);
    }

    [Fact]
    public async Task A_stream_becomes_a_switch_upstream_and_its_data_passes_both_ways()
    {
        await using var door = await Door.OpenAsync(
            H2c, route: Switching.Route, scripts: Switching.Upstream(Switching.EchoAsync));
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(
            1, Connect("websocket", ("sec-websocket-version", "13"), ("sec-websocket-key", "x"), ("cookie", "a=1")),
            isWhole: false);
        var head = await caller.ReadAsync();
        Assert.Equal((Http2FrameType.Headers, 0), (head!.Type, head.Flags & Http2Caller.EndStream));
        await caller.SendAsync(Http2FrameType.Data, 0, 1, "hello"u8.ToArray());
        Assert.Equal("hello", await ReadDataAsync(caller, 5));

        // Its own half ends, and the other goes on until the upstream ends.
        await caller.SendAsync(Http2FrameType.Data, Http2Caller.EndStream, 1, "last"u8.ToArray());
        Assert.Equal("last", await ReadDataAsync(caller));
        var seen = Assert.Single(await door.SeenAsync());
        Assert.Equal(
            ("GET", "/ws", "Upgrade", "websocket", "13", "a=1", "2 edge"),
            (seen.Method, seen.Target, seen.Headers["Connection"], seen.Headers["Upgrade"],
                seen.Headers["Sec-WebSocket-Version"], seen.Headers["Cookie"], seen.Headers["Via"]));
        Assert.True(WebSocketHandshake.IsKey(Assert.Single(seen.Headers.All("Sec-WebSocket-Key"))));
    }

    [Fact]
    public async Task A_stream_that_is_reset_ends_the_upstream()
    {
        await using var door = await Door.OpenAsync(
            H2c, route: Switching.Route, scripts: Switching.Upstream(static connection => connection.ReadToEndAsync()));
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Connect("websocket", ("sec-websocket-version", "13")), isWhole: false);
        await caller.ReadAsync();
        await caller.SendAsync(Http2FrameType.Reset, 0, 1, new byte[] { 0, 0, 0, 8 });
        await door.Upstream.WaitForEndedAsync(1);
        await Switching.WaitForRestAsync(door);

        // It was counted as what it came as, and is counted out as that.
        await Deadline.UntilAsync(() => Active(door) is [var active] && active.EndsWith("} 0", StringComparison.Ordinal));
    }

    private static string[] Active(Door door)
    {
        var text = new ArrayBufferWriter<byte>();
        new PrometheusWriter(text, isOpenMetrics: false).Write(door.Gateway.Gateway.Metrics.Registry, []);
        return [.. Encoding.UTF8.GetString(text.WrittenSpan).Split('\n')
            .Where(static line => line.StartsWith("http_server_active_requests{", StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData("", "websocket", "13", "501")]
    [InlineData(Switching.Route, "other", "13", "501")]
    [InlineData(Switching.Route, "websocket", "8", "400")]
    [InlineData("match: { path: /x }, " + Switching.Route, "websocket", "13", "404")]
    [InlineData("match: { methods: [POST] }, upgrade: { protocols: [p] }", "websocket", "13", "405")]
    public async Task One_that_is_not_offered_is_refused(string route, string protocol, string version, string status)
    {
        await using var door = await Door.OpenAsync(H2c, route: route);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Connect(protocol, ("sec-websocket-version", version)), isWhole: false);
        var head = await caller.ReadAsync();
        Assert.Equal(Http2FrameType.Headers, head!.Type);

        // An indexed field or a literal: either way a status of three digits, or the index of one.
        var text = Encoding.Latin1.GetString(head.Payload);
        Assert.True(
            text.Contains(status, StringComparison.Ordinal)
                || (status is "400" or "404" && head.Payload.Contains(status == "400" ? (byte)0x8C : (byte)0x8D)),
            Convert.ToHexString(head.Payload));
        Assert.Empty(await door.SeenAsync());
    }

    [Fact]
    public async Task Another_answer_than_a_switch_is_passed_on()
    {
        await using var door = await Door.OpenAsync(
            H2c, route: Switching.Route,
            scripts: Door.Answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Connect("websocket", ("sec-websocket-version", "13")), isWhole: false);
        var head = await caller.ReadAsync();
        Assert.Contains("403", Encoding.Latin1.GetString(head!.Payload), StringComparison.Ordinal);
        Assert.Equal("no", await ReadDataAsync(caller, 2));
    }

    private static byte[] Connect(string protocol, params (string Name, string Value)[] more) => Http2Caller.Block(
        [(":method", "CONNECT"), (":protocol", protocol), (":scheme", "http"), (":path", "/ws"), (":authority", "a"), .. more]);

    /// <summary>Reads so many bytes, or to the end.</summary>
    private static async Task<string> ReadDataAsync(Http2Caller caller, int count = int.MaxValue)
    {
        var text = "";
        while (text.Length < count && await caller.ReadAsync() is { Type: Http2FrameType.Data } frame)
        {
            text += Encoding.Latin1.GetString(frame.Payload);
            count = (frame.Flags & Http2Caller.EndStream) != 0 ? 0 : count;
        }

        return text;
    }
}
