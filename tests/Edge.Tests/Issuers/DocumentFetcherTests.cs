using System.Text;
using Edge.Core.Identity;
using Edge.Issuers;
using Edge.Tests.Support;
using Edge.Tests.Upstream;
using Edge.Upstream;

namespace Edge.Tests.Issuers;

public sealed class DocumentFetcherTests : IDisposable
{
    private readonly UpstreamSweeper _sweeper = new(TimeProvider.System);

    public void Dispose() => _sweeper.Dispose();

    [Fact]
    public async Task A_document_is_fetched_whole_with_a_plain_request()
    {
        await using var server = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("{}")));
        var got = await GetAsync(server, "/keys?p=1");
        Assert.Equal((FetchFault.None, "{}", null), (got.Fault, Text(got), got.MaxAge));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("GET", "/keys?p=1"), (request.Method, request.Target));
        Assert.Equal(server.Endpoint.ToString(), request.Headers["Host"]);
        Assert.Equal("identity", request.Headers["Accept-Encoding"]);
        Assert.Null(request.Headers["Authorization"]);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n{}")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
    public async Task Every_framing_of_the_upstream_client_is_read(string answer)
    {
        await using var server = ScriptedUpstream.Start(Once(answer));
        Assert.Equal("{}", Text(await GetAsync(server)));
    }

    [Theory]
    [InlineData("max-age=300", 300)]
    [InlineData("public, MAX-AGE=60 , must-revalidate", 60)]
    [InlineData("no-store", 0)]
    [InlineData("max-age=300, no-cache", 0)]
    [InlineData("s-maxage=5", null)]
    [InlineData("max-age=", null)]
    [InlineData("max-age=-1", null)]
    [InlineData("max-age=1x", null)]
    [InlineData("max-age=99999999999999999999", null)]
    public async Task The_answer_says_how_long_it_may_be_kept(string value, int? seconds)
    {
        var answer = $"HTTP/1.1 200 OK\r\nCache-Control: {value}\r\nContent-Length: 2\r\n\r\n{{}}";
        await using var server = ScriptedUpstream.Start(Once(answer));
        Assert.Equal(seconds, (await GetAsync(server)).MaxAge?.TotalSeconds);
    }

    [Theory]
    [InlineData("HTTP/1.1 301 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", FetchFault.Redirected)]
    [InlineData("HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", FetchFault.Redirected)]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}", FetchFault.Status)]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", FetchFault.Status)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", FetchFault.Status)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", FetchFault.Encoded)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 524289\r\n\r\n{", FetchFault.TooLarge)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", FetchFault.Unreachable)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", FetchFault.Unreachable)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FetchFault.Unreachable)]
    [InlineData("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", FetchFault.Unreachable)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", FetchFault.Unreachable)]
    [InlineData("", FetchFault.Unreachable)]
    public async Task Any_other_answer_is_a_fault_of_its_own(string answer, FetchFault fault)
    {
        await using var server = ScriptedUpstream.Start(Once(answer));
        var got = await GetAsync(server);
        Assert.Equal((fault, 0), (got.Fault, got.Body.Length));
        Assert.NotNull(got.Detail);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(DocumentFetcher.DocumentBytesMax, FetchFault.None)]
    [InlineData(DocumentFetcher.DocumentBytesMax + 1, FetchFault.TooLarge)]
    public async Task A_document_without_a_length_is_read_to_the_limit_and_not_beyond(int bytes, FetchFault fault)
    {
        await using var server = ScriptedUpstream.Start(Once("HTTP/1.1 200 OK\r\n\r\n" + new string(' ', bytes)));
        Assert.Equal(fault, (await GetAsync(server)).Fault);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "                ")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10\r\n                \r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10;", "aaaaaaaaaaaaaaaa")]
    [InlineData("HTTP/1.1 200 OK\r\n", "X: aaaaaaaaaaaaa\r\n")]
    [InlineData("", "HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task An_answer_that_never_ends_is_left(string start, string more)
    {
        var piece = string.Concat(Enumerable.Repeat(more, 1000));
        await using var server = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(start);
            while (true)
            {
                await connection.SendAsync(piece);
            }
        });
        var got = await GetAsync(server).WaitAsync(RawConnection.DeadlineDefault, TestContext.Current.CancellationToken);
        Assert.NotEqual(FetchFault.None, got.Fault);
        await server.WaitForEndedAsync(1);
    }

    [Fact]
    public async Task An_answer_that_drips_is_left_when_the_whole_takes_too_long()
    {
        var time = new ManualTime();
        using var sweeper = new UpstreamSweeper(time);
        await using var server = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            while (true)
            {
                await connection.SendAsync(" ");
                await connection.StallAsync(Task.Delay(TimeSpan.FromSeconds(1), time));
            }
        });
        var getting = GetAsync(server, sweeper: sweeper);
        await server.WaitForRequestsAsync(1);
        await time.AdvanceUntilAsync(getting);
        Assert.Equal(FetchFault.Timeout, (await getting).Fault);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_left()
    {
        var time = new ManualTime();
        using var sweeper = new UpstreamSweeper(time);
        await using var server = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        });
        var getting = GetAsync(server, sweeper: sweeper);
        await server.WaitForRequestsAsync(1);
        await time.AdvanceUntilAsync(getting);
        Assert.Equal(FetchFault.Timeout, (await getting).Fault);
    }

    [Fact]
    public async Task A_stopped_fetch_ends_at_once()
    {
        using var stop = new CancellationTokenSource();
        await using var server = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        });
        var getting = GetAsync(server, ct: stop.Token);
        await server.WaitForRequestsAsync(1);
        await stop.CancelAsync();
        Assert.NotEqual(FetchFault.None, (await getting).Fault);
        var later = await GetAsync(server, ct: stop.Token);
        Assert.NotEqual(FetchFault.None, later.Fault);
    }

    [Fact]
    public async Task A_certificate_is_checked_against_the_file_of_authorities()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        var certificate = authority.Issue("127.0.0.1");
        var answer = ScriptedUpstream.Answer(ScriptedUpstream.Ok("{}"));
        await using var server = ScriptedUpstream.StartTls(certificate, answer);
        Assert.Equal(FetchFault.None, (await GetAsync(server, ca: authority.File)).Fault);
        Assert.Equal(FetchFault.Unreachable, (await GetAsync(server, ca: stranger.File)).Fault);
        Assert.Equal(FetchFault.Unreachable, (await GetAsync(server)).Fault);
        Assert.Equal(FetchFault.Unreachable, (await GetAsync(server, ca: "/nowhere/ca.pem")).Fault);
        Assert.Single(server.Requests);
    }

    private static Func<ScriptedConnection, Task> Once(string answer) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(answer);
    };

    private static string Text(FetchedDocument document) => Encoding.UTF8.GetString(document.Body.Span);

    private async Task<FetchedDocument> GetAsync(
        ScriptedUpstream server, string path = "/", string? ca = null, UpstreamSweeper? sweeper = null,
        CancellationToken? ct = null)
    {
        Assert.True(IssuerUrl.TryParse(server.Url.GetLeftPart(UriPartial.Authority) + path, out var url));
        var fetcher = new DocumentFetcher(sweeper ?? _sweeper, new SystemHostResolver(), ca);
        return await fetcher.GetAsync(url, ct ?? TestContext.Current.CancellationToken);
    }
}
