using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>A chunked body that is not well-formed is refused, and nobody behind us takes what came for a whole one.</summary>
public sealed class ChunkedRequestTests
{
    private const string Head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    [Theory]
    [InlineData("+2\r\nab\r\n")]
    [InlineData("-2\r\nab\r\n")]
    [InlineData("0x2\r\nab\r\n")]
    [InlineData(" 2\r\nab\r\n")]
    [InlineData("2 \r\nab\r\n")]
    [InlineData("2\t\r\nab\r\n")]
    [InlineData("2_0\r\nab\r\n")]
    [InlineData("\r\n")]
    [InlineData("\u00b2\r\nab\r\n")]
    [InlineData("g\r\nab\r\n")]
    [InlineData("80000000\r\nab\r\n")]
    [InlineData("100000002\r\nab\r\n")]
    [InlineData("ffffffffffffffff\r\nab\r\n")]
    [InlineData("10000000000000002\r\nab\r\n")]
    [InlineData("00000000000002\r\nab\r\n")]
    [InlineData("2;a\nb\r\nab\r\n")]
    [InlineData("2;a\rb\r\nab\r\n")]
    [InlineData("2\nab\r\n")]
    [InlineData("2\rab\r\n")]
    [InlineData("2\r\rab\r\n")]
    [InlineData("2\r\nab\n")]
    [InlineData("2\r\nab\r")]
    [InlineData("2\r\nab")]
    [InlineData("2\r\nabc\r\n")]
    [InlineData("2\r\nabXX")]
    [InlineData("2\r\nab\r\nzz\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\nX: y\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\nX: 1\nY: 2\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\nX : 1\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\n: 1\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\nX\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\n X: 1\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\nX: 1\r\n folded\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\nX: a\0b\r\n\r\n")]
    public async Task A_broken_chunk_is_refused_and_the_connection_closed(string body)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync(Head + body + "0\r\n\r\n" + Smuggled);
        Assert.Equal(("400", true), (outcome.Statuses, outcome.SaidClose));
        Assert.DoesNotContain(await door.SeenAsync(), static request => request.Body.IsComplete);
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("80000000\r\n")]
    [InlineData("3\r\nabcd\r\n")]
    public async Task A_chunk_that_breaks_after_the_upload_began_is_refused_and_the_upstream_hung_up_on(string broken)
    {
        await using var door = await Door.OpenAsync(scripts: async static connection =>
        {
            var request = await connection.ReadRequestHeadAsync();
            await request!.Body.ReadToEndAsync();
        });
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync(Head + "5\r\nfirst\r\n");
        await door.Upstream.WaitForRequestsAsync(1);
        await client.SendAsync(broken + Smuggled);
        var response = await client.ReadResponseAsync("POST");
        Assert.Equal((400, "close"), (response.Status, response.Headers["Connection"]));
        Assert.NotEqual(ConnectionEnd.Open, await client.WaitForEndAsync());
        await door.Upstream.WaitForEndedAsync(1);
        Assert.False(Assert.Single(door.Upstream.Requests).Body.IsComplete);
    }

    [Fact]
    public async Task Chunk_extensions_do_not_travel()
    {
        await using var door = await Door.OpenAsync();
        Assert.Equal("200,200", (await door.AttackAsync(Head + "2;evil=\"\0\u0001\";x\r\nab\r\n0;y\r\n\r\n")).Statuses);
        Assert.Equal("ab", (await door.SeenAsync())[0].Text);
    }

    [Fact]
    public async Task Trailers_travel_but_none_that_frames_routes_or_proves_anything()
    {
        await using var door = await Door.OpenAsync(
            route: "request: { headers: { remove: [X-Internal], set: { X-Role: user } } }");
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync(
            Head.Replace("Host: a", "Host: a\r\nConnection: X-Named", StringComparison.Ordinal) + "2\r\nab\r\n");
        await door.Upstream.WaitForConnectionsAsync(1);
        await client.SendAsync(
            "0\r\nX-Checksum: 1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: x\r\n" +
            "X-Api-Key: x\r\nCookie: a=b\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nVia: x\r\n" +
            "Connection: close\r\nContent-Type: text/x\r\nContent-Encoding: gzip\r\nTrailer: X\r\nTE: x\r\nExpect: x\r\n" +
            "If-Match: x\r\nRange: x\r\nCache-Control: x\r\nMax-Forwards: 1\r\nX-Internal: yes\r\n" +
            "X-Role: admin\r\nX_Role: admin\r\nX-Named: 1\r\nX-Request-ID: 5\r\nSet-Cookie: x\r\nX-Signature: 2\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync("POST")).Status);
        var trailers = Assert.Single(await door.SeenAsync()).Body.Trailers;
        Assert.Equal(["X-Checksum: 1", "X-Request-ID: 5", "X-Signature: 2"], trailers.Select(static t => $"{t.Key}: {t.Value}"));
    }
}
