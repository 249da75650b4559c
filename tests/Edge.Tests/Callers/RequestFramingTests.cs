using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>Where a request ends must have one answer only, for us, for the hop before and for the hop behind us.</summary>
public sealed class RequestFramingTests
{
    private const string NoChunks = "0\r\n\r\n";
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData("Transfer-Encoding: chunked\r\nX-Content-Length: 5")]
    [InlineData("Transfer-Encoding: xchunked")]
    [InlineData("Transfer-Encoding: chunkedx")]
    [InlineData("Transfer-Encoding: chunked, identity")]
    [InlineData("Transfer-Encoding: identity, chunked")]
    [InlineData("Transfer-Encoding: gzip, chunked")]
    [InlineData("Transfer-Encoding: chunked, chunked")]
    [InlineData("Transfer-Encoding: identity")]
    [InlineData("Transfer-Encoding: chunked;q=1")]
    [InlineData("Transfer-Encoding: \"chunked\"")]
    [InlineData("Transfer-Encoding: chunked x")]
    [InlineData("Transfer-Encoding: x chunked")]
    [InlineData("Transfer-Encoding: ,chunked")]
    [InlineData("Transfer-Encoding: chunked,")]
    [InlineData("Transfer-Encoding:")]
    [InlineData("Transfer-Encoding: \vchunked")]
    [InlineData("Transfer-Encoding: chunked\u00a0")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")]
    [InlineData("Transfer-Encoding: chunked\r\ntransfer-encoding: ")]
    [InlineData("Transfer-Encoding:\r\n chunked")]
    [InlineData("Transfer-Encoding : chunked")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding:\r\n\tchunked")]
    public async Task A_transfer_encoding_that_is_not_chunked_alone_is_refused_and_the_connection_closed(string headers)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n{NoChunks}{Smuggled}");
        Assert.Equal(("400", true, ConnectionEnd.Closed), (outcome.Statuses, outcome.SaidClose, outcome.End));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Connection: keep-alive\r\n")]
    public async Task A_transfer_encoding_in_HTTP_1_0_is_refused_and_the_connection_closed(string more)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync(
            $"POST / HTTP/1.0\r\nHost: a\r\n{more}Transfer-Encoding: chunked\r\n\r\n{NoChunks}{Smuggled}");
        Assert.Equal(("400", true), (outcome.Statuses, outcome.SaidClose));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("Content-Length: 2\r\nContent-Length: 2")]
    [InlineData("Content-Length: 2\r\ncontent-length: 3")]
    [InlineData("Content-Length: 2,2")]
    [InlineData("Content-Length: 2, 2")]
    [InlineData("Content-Length: +2")]
    [InlineData("Content-Length: -2")]
    [InlineData("Content-Length: -0")]
    [InlineData("Content-Length: 0x2")]
    [InlineData("Content-Length: 2 2")]
    [InlineData("Content-Length: 2;")]
    [InlineData("Content-Length: 2.0")]
    [InlineData("Content-Length: 1e0")]
    [InlineData("Content-Length: (2)")]
    [InlineData("Content-Length: \"2\"")]
    [InlineData("Content-Length: 2_")]
    [InlineData("Content-Length: \u00b2")]
    [InlineData("Content-Length: 2\v")]
    [InlineData("Content-Length: 2\u00a0")]
    [InlineData("Content-Length: 2\u0085")]
    [InlineData("Content-Length:")]
    [InlineData("Content-Length: ")]
    [InlineData("Content-Length: 9223372036854775808")]
    [InlineData("Content-Length: 18446744073709551618")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length: 0000000000000000000000000000000000000002")]
    [InlineData("Content-Length : 2")]
    [InlineData("Content-Length\t: 2")]
    [InlineData("Content-Length:\r\n 2")]
    public async Task A_content_length_that_is_not_one_number_is_refused_and_the_connection_closed(string header)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"POST / HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\nab");
        Assert.Equal(("400", true, ConnectionEnd.Closed), (outcome.Statuses, outcome.SaidClose, outcome.End));
        Assert.Equal(0, door.Upstream.Connections);
    }

    [Theory]
    [InlineData("Content-Length: 2", "ab")]
    [InlineData("Content-Length:2", "ab")]
    [InlineData("content-LENGTH: \t 2 \t", "ab")]
    [InlineData("Content-Length: 02", "ab")]
    [InlineData("Content-Length: 0000000000000000002", "ab")]
    [InlineData("X-Content-Length: 5\r\nContent-Length: 2", "ab")]
    [InlineData("Transfer-Encoding: chunked", "2\r\nab\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: Chunked\t", "2\r\nab\r\n0\r\n\r\n")]
    [InlineData("TRANSFER-ENCODING:\tCHUNKED", "1\r\na\r\n001;x=\"y\"\r\nb\r\n000\r\n\r\n")]
    public async Task Whatever_the_caller_wrote_the_upstream_gets_the_body_once_in_canonical_framing(string header, string body)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"POST / HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n{body}");
        Assert.Equal("200,200", outcome.Statuses);

        // The upstream's reader takes nothing but one plain Content-Length or one plain "chunked".
        var seen = await door.SeenAsync();
        Assert.Equal(["/", "/next"], seen.Select(static request => request.Target));
        Assert.Equal("ab", seen[0].Text);
        Assert.Equal(seen[0].Body.Framing == RawFraming.Length ? ["2"] : [], seen[0].Headers.All("Content-Length"));
        Assert.Equal(seen[0].Body.Framing == RawFraming.Chunked ? ["chunked"] : [], seen[0].Headers.All("Transfer-Encoding"));
        Assert.False(seen[0].Headers.Contains("X-Content-Length"));
    }

    [Theory]
    [InlineData("Transfer_Encoding: chunked")]
    [InlineData("Transfer-encoding_: chunked")]
    [InlineData("Content_Length: 50")]
    [InlineData("X-Content-Length: 50")]
    [InlineData("Connection: Content-Length")]
    [InlineData("Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: chunked\r\nTrailer: X")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket")]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ")]
    public async Task What_only_looks_like_framing_changes_nothing_and_does_not_travel(string headers)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync($"POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\nContent-Length: 2\r\n\r\nab");
        Assert.Equal("200,200", outcome.Statuses);
        var seen = await door.SeenAsync();
        Assert.Equal(["/", "/next"], seen.Select(static request => request.Target));
        Assert.Equal("ab", seen[0].Text);
        string[] known =
            ["Host", "Content-Length", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "Via"];
        Assert.All(seen[0].Headers, field => Assert.True(
            known.Contains(field.Key) || field.Key == "Transfer-encoding_", field.Key));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task What_follows_a_request_without_a_body_is_the_next_request_and_never_its_body(string first)
    {
        await using var door = await Door.OpenAsync();
        var outcome = await door.AttackAsync(first + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("200,200,200", outcome.Statuses);
        var seen = await door.SeenAsync();
        Assert.Equal(["/", "/second", "/next"], seen.Select(static request => request.Target));
        Assert.All(seen, static request => Assert.Empty(request.Text));
    }
}
