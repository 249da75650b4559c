using System.Net;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>What a usual HTTP/2 client (.NET's own) sees, and what HTTP/1.1 is made of it.</summary>
public sealed class Http2ClientTests
{
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private const string H2c = "h2c: true";

    [Fact]
    public async Task A_get_and_a_post_arrive_as_canonical_HTTP_1_1()
    {
        await using var door = await Door.OpenAsync(H2c, scripts: async static connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.SendAsync(ScriptedUpstream.Ok(request.Method + request.Text));
            }
        });
        using var client = new HttpClient();
        Assert.Equal("GET", await TextAsync(client, Request(door, HttpMethod.Get, "/a/../b?c")));
        Assert.Equal("POSTbody", await TextAsync(client, Request(door, HttpMethod.Post, "/p", new StringContent("body"))));
        Assert.Equal("DELETE", await TextAsync(client, Request(door, HttpMethod.Delete, "/d")));
        var seen = await door.SeenAsync();
        Assert.Equal(["/b?c", "/p", "/d"], seen.Select(static request => request.Target));
        Assert.Equal("2 edge", seen[0].Headers["Via"]);
        Assert.Equal("http", seen[0].Headers["X-Forwarded-Proto"]);
        Assert.Equal(door.Endpoint.ToString(), seen[0].Headers["X-Forwarded-Host"]);
        Assert.Equal("4", seen[1].Headers["Content-Length"]);
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_chunked_and_its_trailers_and_those_of_the_answer_travel()
    {
        await using var door = await Door.OpenAsync(H2c, scripts: Door.Answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 9\r\n\r\n"));
        using var client = new HttpClient();
        var content = new StreamContent(new MemoryStream(new byte[100_000]));
        content.Headers.ContentLength = null;
        using var request = Request(door, HttpMethod.Post, "/", content);
        request.Headers.TransferEncodingChunked = null;
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("hello", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("9", answer.TrailingHeaders.GetValues("X-Sum").Single());
        Assert.Equal(100_000, Assert.Single(await door.SeenAsync()).Body.Bytes.Length);
    }

    [Fact]
    public async Task Crumbs_of_a_cookie_become_one_header()
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request(
            "GET", "/", ("cookie", "a=1"), ("x", "1"), ("cookie", "b=2"), ("cookie", "c=\u00e9"), ("te", "trailers")));
        Assert.Equal("data", await caller.ReadEndAsync(1));
        var headers = Assert.Single(await door.SeenAsync()).Headers;
        Assert.Equal(["a=1; b=2; c=\u00e9"], headers.All("Cookie"));
        Assert.False(headers.Contains("TE"));
    }

    [Fact]
    public async Task Many_streams_of_one_connection_get_each_its_own_answer()
    {
        await using var door = await Door.OpenAsync(H2c, scripts: async static connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.SendAsync(ScriptedUpstream.Ok(request.Target + request.Text));
            }
        });
        using var client = new HttpClient();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => TextAsync(client, Request(door, HttpMethod.Post, $"/{i}", new StringContent($":{i}")))));
        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"/{i}:{i}"), answers);
    }

    [Fact]
    public async Task A_body_over_the_limit_fails_its_stream_only()
    {
        await using var door = await Door.OpenAsync(H2c + ", requestBodyMax: 10B");
        using var client = new HttpClient();
        using var refused = await client.SendAsync(
            Request(door, HttpMethod.Post, "/", new ByteArrayContent(new byte[11])), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Equal("ok", await TextAsync(client, Request(door, HttpMethod.Post, "/", new ByteArrayContent(new byte[10]))));
        Assert.Single(await door.SeenAsync());
    }

    [Fact]
    public async Task A_caller_of_HTTP_1_1_is_not_served_by_a_listener_that_speaks_HTTP_2()
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.DoesNotContain("200", answer, StringComparison.Ordinal);
        Assert.Equal(0, door.Upstream.Connections);
    }

    private static HttpRequestMessage Request(Door door, HttpMethod method, string path, HttpContent? content = null) =>
        new(method, new Uri($"http://{door.Endpoint}{path}", AsItIs))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };

    private static async Task<string> TextAsync(HttpClient client, HttpRequestMessage request)
    {
        using var owned = request;
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
