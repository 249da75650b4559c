using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Edge.Demo;

namespace Edge.Tests.Demo;

/// <summary>What the mock serves beside models.</summary>
public sealed class PlainEndpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/bytes/", 0)]
    [InlineData("/bytes/", 1024)]
    [InlineData("/bytes/", 200_000)]
    [InlineData("/chunked/", 0)]
    [InlineData("/chunked/", 1024)]
    [InlineData("/chunked/", 200_000)]
    public async Task A_made_up_body_has_its_length_and_its_letters(string path, int length)
    {
        await using var mock = await MockClient.StartAsync();
        using var response = await mock.Http.GetAsync(new Uri($"{path}{length}", UriKind.Relative), Cancellation);
        var isChunked = path == "/chunked/" && length != 0;
        Assert.Equal(isChunked, response.Headers.TransferEncodingChunked ?? false);
        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal(length, body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.Equal('a' + (i % 26), body[i]);
        }
    }

    [Theory]
    [InlineData("/bytes/x")]
    [InlineData("/bytes/-1")]
    [InlineData("/bytes/17179869185")]
    [InlineData("/status/199")]
    [InlineData("/status/600")]
    [InlineData("/raw/unknown")]
    public async Task A_path_that_makes_no_sense_is_refused(string path)
    {
        await using var mock = await MockClient.StartAsync();
        Assert.Equal(400, (await mock.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData(PlainEndpoints.EchoTextBytesMax, true)]
    [InlineData(PlainEndpoints.EchoTextBytesMax + 1, false)]
    public async Task An_echo_tells_what_arrived(int length, bool asText)
    {
        await using var mock = await MockClient.StartAsync();
        using var content = new StringContent(new string('x', length));
        content.Headers.Add("X-Twice", ["1", "2"]);
        using var response = await mock.Http.PutAsync(new Uri("/echo/a?b=%20c", UriKind.Relative), content, Cancellation);
        using var echo = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(Cancellation));
        var root = echo.RootElement;
        Assert.Equal("PUT", root.GetProperty("method").GetString());
        Assert.Equal("/echo/a?b=%20c", root.GetProperty("target").GetString());
        Assert.Equal("text/plain; charset=utf-8", root.GetProperty("headers").GetProperty("content-type")[0].GetString());
        var body = root.GetProperty("body");
        Assert.Equal(length, body.GetProperty("length").GetInt32());
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(new string('x', length))));
        Assert.Equal(hash, body.GetProperty("sha256").GetString());
        Assert.Equal(asText, body.TryGetProperty("text", out _));
    }

    [Fact]
    public async Task An_echo_tells_trailers()
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.ExchangeAsync("POST /echo HTTP/1.1\r\nHost: m\r\nConnection: close\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 2\r\n\r\n");
        Assert.Contains("\"text\":\"hi\"},\"trailers\":{\"x-sum\":[\"2\"]}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mirror_answers_while_the_request_is_still_sent()
    {
        await using var mock = await MockClient.StartAsync();
        using var socket = await mock.ConnectAsync(
            "POST /mirror HTTP/1.1\r\nHost: m\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
        await MockClient.ReadUntilAsync(socket, "one");
        await socket.SendAsync("3\r\ntwo\r\n0\r\n\r\n"u8.ToArray(), Cancellation);
        Assert.Contains("two", await MockClient.ReadToEndAsync(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_numbered_and_of_the_size_asked_for()
    {
        await using var mock = await MockClient.StartAsync();
        var text = await mock.Http.GetStringAsync(new Uri("/sse?events=50&bytes=40&gapMs=1", UriKind.Relative), Cancellation);
        Assert.Equal(50 * 40, text.Length);
        for (var i = 0; i < 50; i++)
        {
            var numbered = text.Substring(i * 40, 40);
            var start = string.Create(CultureInfo.InvariantCulture, $"data: {i} {(char)('a' + (i % 26))}");
            Assert.StartsWith(start, numbered, StringComparison.Ordinal);
            Assert.EndsWith("\n\n", numbered, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(204)]
    [InlineData(302)]
    [InlineData(304)]
    [InlineData(418)]
    public async Task A_status_is_answered_as_asked(int status)
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.ExchangeAsync($"GET /status/{status} HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Trailers_are_sent_in_both_versions(bool h2c)
    {
        await using var mock = await MockClient.StartAsync(
            new MockOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0), H2c = h2c });
        using var response = await mock.Http.GetAsync(new Uri("/trailers", UriKind.Relative), Cancellation);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(["2"], response.TrailingHeaders.GetValues("X-Sum"));
    }

    [Fact]
    public async Task A_cut_stream_is_an_error_in_HTTP2_too()
    {
        await using var mock = await MockClient.StartAsync(
            new MockOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0), H2c = true });
        mock.Http.DefaultRequestHeaders.Add("x-mock-cut-after", "3");
        await Assert.ThrowsAsync<HttpRequestException>(
            () => mock.Http.GetStringAsync(new Uri("/sse", UriKind.Relative), Cancellation));
    }

    [Fact]
    public async Task A_wrong_method_is_told_the_right_one()
    {
        await using var mock = await MockClient.StartAsync();
        using var response = await mock.Http.GetAsync(new Uri("/v1/chat/completions", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Requests_are_counted_by_path()
    {
        await using var mock = await MockClient.StartAsync();
        await mock.GetAsync("/health");
        await mock.GetAsync("/health");
        await mock.GetAsync("/nowhere");
        var (_, stats) = await mock.GetAsync("/mock/stats");
        Assert.Equal(2, stats.GetProperty("requests").GetProperty("/health").GetInt32());
        Assert.Equal(1, stats.GetProperty("requests").GetProperty("other").GetInt32());
    }
}
