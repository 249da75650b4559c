using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.SupportTests;

public sealed class ScriptedUpstreamTests
{
    [Fact]
    public async Task It_answers_a_usual_client_and_remembers_the_bytes_it_was_sent()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("pong")));
        using var client = new HttpClient();
        var cancellation = TestContext.Current.CancellationToken;
        var answer = await client.PostAsync(new Uri(upstream.Url, "/a?b"), new StringContent("ping"), cancellation);
        Assert.Equal("pong", await answer.Content.ReadAsStringAsync(cancellation));

        var request = Assert.Single(upstream.Requests);
        Assert.Equal(("POST", "/a?b", "ping", 0), (request.Method, request.Target, request.Text, request.Connection));
        Assert.StartsWith("POST /a?b HTTP/1.1\r\n", Encoding.Latin1.GetString(request.Head), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", Encoding.Latin1.GetString(request.Head), StringComparison.Ordinal);
        Assert.Equal(RawFraming.Length, request.Body.Framing);
    }

    [Fact]
    public async Task Each_connection_runs_the_next_script_and_the_last_one_goes_on()
    {
        await using var upstream = ScriptedUpstream.Start(
            static async connection =>
            {
                await connection.ReadExactAsync(1);
                connection.Reset();
            },
            ScriptedUpstream.Answer(ScriptedUpstream.Ok("second")));
        await using (var first = await RawHttpClient.ConnectAsync(upstream.Endpoint))
        {
            await first.SendAsync("x");
            Assert.Equal(ConnectionEnd.Reset, await first.WaitForEndAsync());
        }

        for (var i = 0; i < 2; i++)
        {
            var answer = await RawHttpClient.ExchangeAsync(upstream.Endpoint, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("second", answer.Text);
        }

        await upstream.WaitForEndedAsync(3);
        Assert.Equal(3, upstream.Connections);
    }

    [Fact]
    public async Task A_caller_that_resets_at_once_is_no_failure()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("")));
        for (var i = 0; i < 20; i++)
        {
            await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint);
            client.Reset();
        }
    }

    [Theory]
    [InlineData("GET /\r\nHost: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public async Task A_malformed_request_fails_the_test_when_the_upstream_is_disposed(string request)
    {
        var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("")));
        await using (var client = await RawHttpClient.ConnectAsync(upstream.Endpoint))
        {
            await client.SendAsync(request);
            await upstream.WaitForEndedAsync(1);
        }

        var failed = await Assert.ThrowsAsync<AggregateException>(async () => await upstream.DisposeAsync());
        Assert.IsType<InvalidDataException>(Assert.Single(failed.InnerExceptions));
    }

    [Fact]
    public async Task A_test_waits_for_a_request_whose_body_is_still_on_its_way()
    {
        var go = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            var request = await connection.ReadRequestHeadAsync();
            await connection.StallAsync(go.Task);
            await request!.Body.ReadToEndAsync();
            await connection.SendAsync(ScriptedUpstream.Ok(request.Text));
        });
        await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        await upstream.WaitForRequestsAsync(1);
        Assert.False(upstream.Requests[0].Body.IsComplete);

        await client.SendAsync("2\r\nhi\r\n0\r\n\r\n");
        go.SetResult();
        Assert.Equal("hi", (await client.ReadResponseAsync()).Text);
        Assert.True(upstream.Requests[0].Body.IsComplete);
    }

    [Fact]
    public async Task It_speaks_TLS()
    {
        using var certificate = NewCertificate();
        await using var upstream = ScriptedUpstream.StartTls(certificate, ScriptedUpstream.Answer(ScriptedUpstream.Ok("secret")));
        Assert.Equal(Uri.UriSchemeHttps, upstream.Url.Scheme);
        await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint, tls: RawHttpClient.TrustingTls());
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("secret", (await client.ReadResponseAsync()).Text);
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }
}
