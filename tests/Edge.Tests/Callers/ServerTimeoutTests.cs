using Edge.Tests.Streams;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>What the server notices by looking at its connections, and of which connections it need not look at.</summary>
public sealed class ServerTimeoutTests
{
    private const string Request = "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";

    public static TheoryData<CallerKind> Http1Kinds => [CallerKind.Http1, CallerKind.Http1Tls];

    [Fact]
    public async Task A_head_that_does_not_come_to_its_end_is_refused_in_time()
    {
        await using var door = await Door.OpenAsync("headersTimeout: 1s");
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: ");
        Assert.Equal(408, (await client.ReadResponseAsync("GET")).Status);
        Assert.Equal(ConnectionEnd.Closed, await client.WaitForEndAsync());
    }

    [Fact]
    public async Task A_connection_on_which_nothing_more_is_asked_is_closed_in_time()
    {
        await using var door = await Door.OpenAsync("keepAliveTimeout: 1s");
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync("GET")).Status);
        Assert.Equal(ConnectionEnd.Closed, await client.WaitForEndAsync());
        await Deadline.UntilAsync(() => door.Gateway.Gateway.Listeners[0].Heartbeats.Count == 0);
    }

    [Theory]
    [MemberData(nameof(Http1Kinds))]
    public async Task A_connection_is_not_looked_after_while_it_has_a_stream(CallerKind kind)
    {
        var end = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
            {
                await connection.SendAsync(Wire.ChunkedHead + Wire.Chunk("data: 1\n\n"));
                await end.Task;
                await connection.SendAsync(Wire.Chunk("data: 2\n\n") + Wire.LastChunk);
            }
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        var hearts = gateway.ListenerOf(kind).Heartbeats;
        await using var caller = await ConnectAsync(gateway, kind);
        await caller.SendAsync(Request);
        Assert.True(await caller.WaitForBytesAsync());
        await Deadline.UntilAsync(() => hearts.Count == 0);
        end.SetResult();
        Assert.True((await caller.ReadResponseAsync("POST")).Body.IsComplete);
        await Deadline.UntilAsync(() => hearts.Count == 1);
        await caller.SendAsync(Request);
        Assert.True((await caller.ReadResponseAsync("POST")).Body.IsComplete);
    }

    [Theory]
    [MemberData(nameof(Http1Kinds))]
    public async Task It_is_looked_after_while_its_request_is_not_whole(CallerKind kind)
    {
        await using var upstream = ScriptedUpstream.Start(static async connection =>
        {
            await connection.ReadRequestHeadAsync();
            await connection.SendAsync(Wire.ChunkedHead + Wire.Chunk("data: 1\n\n"));
            await connection.ReadToEndAsync();
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        var hearts = gateway.ListenerOf(kind).Heartbeats;
        await using var unfinished = await ConnectAsync(gateway, kind);
        await unfinished.SendAsync("POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{");
        Assert.True(await unfinished.WaitForBytesAsync());
        await using var whole = await ConnectAsync(gateway, kind);
        await whole.SendAsync(Request);
        Assert.True(await whole.WaitForBytesAsync());

        // They would have been left out together.
        await Deadline.UntilAsync(() => hearts.Count < 2);
        Assert.Equal(1, hearts.Count);
    }

    private static Task<RawHttpClient> ConnectAsync(StreamGateway gateway, CallerKind kind) => RawHttpClient.ConnectAsync(
        gateway.EndpointOf(kind), tls: kind == CallerKind.Http1Tls ? RawHttpClient.TrustingTls() : null);
}
