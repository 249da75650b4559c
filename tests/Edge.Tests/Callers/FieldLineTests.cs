using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using CsCheck;
using Edge.Core.Http;
using Edge.Hosting;
using Edge.Pipeline;
using Edge.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Tests.Callers;

/// <summary>Fields of an answer that go to the caller as lines, in one piece, and those that a route takes notice of.</summary>
public sealed class FieldLineTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Date = "Date: Thu, 26 Nov 2026 08:00:00 GMT\r\n";

    [Theory]
    [InlineData("", "")]
    [InlineData(Date, "")]
    [InlineData("Date: \r\n", "")]
    [InlineData(Date, "X-Other: o\r\n")]
    public async Task Every_known_field_arrives_once_as_it_was_sent(string date, string other)
    {
        // A date that says nothing carries nothing.
        var names = KnownResponseHeaders.All.Where(static name =>
            KnownResponseHeaders.KindOf(HeaderNumberSet.NumberOf(name)) is not (ResponseHeaderKind.HopByHop
                or ResponseHeaderKind.ContentLength or ResponseHeaderKind.AltSvc or ResponseHeaderKind.Date
                or ResponseHeaderKind.Via)).ToArray();
        var fields = string.Concat(names.Select(static (name, i) => $"{name}: \u00e9 value\t{i}\r\n"));
        await using var door = await Door.OpenAsync(
            scripts: Door.Answering($"HTTP/1.1 200 OK\r\n{date}Content-Length: 2\r\n{fields}{other}\r\nok"));
        var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, Request);
        Assert.Equal("ok", answer.Text);
        for (var i = 0; i < names.Length; i++)
        {
            Assert.Equal([$"\u00e9 value\t{i}"], answer.Headers.All(names[i]));
        }

        Assert.Equal(other.Length > 0, answer.Headers.Contains("X-Other"));
        Assert.Equal(["1.1 edge"], answer.Headers.All("Via"));
        Assert.Single(answer.Headers.All("Date"));
        Assert.True(date.Length == 0 || date == $"Date: {answer.Headers["Date"]}\r\n");
    }

    [Fact]
    public async Task Those_of_one_name_keep_their_order()
    {
        await using var door = await Door.OpenAsync(scripts: Door.Answering(
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\nVia: 1.0 first\r\nSet-Cookie: b=2\r\n" +
            "Via: 1.1 second\r\nset-cookie: c=\u00fc\r\n\r\nok"));
        var headers = (await RawHttpClient.ExchangeAsync(door.Endpoint, Request)).Headers;
        Assert.Equal(["a=1", "b=2", "c=\u00fc"], headers.All("Set-Cookie"));
        Assert.Equal(["1.0 first", "1.1 second", "1.1 edge"], headers.All("Via"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    [InlineData(4_090)]
    [InlineData(40_000)]
    public async Task Long_ones_arrive_whole(int length)
    {
        var link = new string('l', length);
        await using var door = await Door.OpenAsync(scripts: Door.Answering(
            $"HTTP/1.1 200 OK\r\nLink: {link}\r\nContent-Length: 2\r\nServer: s\r\n\r\nok"));
        for (var i = 0; i < 2; i++)
        {
            var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, Request);
            Assert.Equal([link], answer.Headers.All("Link"));
            Assert.Equal(["s"], answer.Headers.All("Server"));
            Assert.Equal("ok", answer.Text);
        }
    }

    [Theory]
    [InlineData("{ remove: [Server, X-Cache], set: { ETag: \"\\\"1\\\"\" }, add: { Link: ours } }", "1.1 edge")]
    [InlineData("{ remove: [Server, X-Cache, Via], set: { ETag: \"\\\"1\\\"\" }, add: { Link: ours } }", null)]
    [InlineData("{ remove: [Server, X-Cache, Date], set: { ETag: \"\\\"1\\\"\" }, add: { Link: ours } }", "1.1 edge")]
    public async Task What_the_route_says_of_a_field_holds(string rules, string? via)
    {
        await using var door = await Door.OpenAsync(
            route: $"response: {{ headers: {rules} }}",
            scripts: Door.Answering(
                $"HTTP/1.1 200 OK\r\n{Date}Server: secret\r\nContent-Length: 2\r\nETag: \"0\"\r\nLink: theirs\r\n" +
                "X-Cache: HIT\r\nLast-Modified: x\r\n\r\nok"));
        var headers = (await RawHttpClient.ExchangeAsync(door.Endpoint, Request)).Headers;
        Assert.False(headers.Contains("Server"));
        Assert.False(headers.Contains("X-Cache"));
        Assert.Equal(["\"1\""], headers.All("ETag"));
        Assert.Equal(["theirs", "ours"], headers.All("Link"));
        Assert.Equal(["x"], headers.All("Last-Modified"));
        Assert.Equal(via, headers.All("Via").SingleOrDefault());
    }

    [Theory]
    [InlineData("")]
    [InlineData(", response: { headers: { remove: [X-RateLimit-Reset], set: { RateLimit-Policy: mine } } }")]
    public async Task What_the_gateway_says_itself_stands_in_the_place_of_the_upstreams(string rules)
    {
        await using var door = await Door.OpenAsync(
            upstream: "dialect: http",
            route: "cache: { scope: public, ttl: 1h }, limits: [{ name: all, per: global, requests: 9, window: 1h }]" + rules,
            scripts: Door.Answering(
                $"HTTP/1.1 200 OK\r\nDate: {DateTime.UtcNow:R}\r\nContent-Length: 2\r\nRateLimit: theirs\r\n" +
                "X-RateLimit-Limit: 1000\r\nAge: 3\r\nX-RateLimit-Reset: 7\r\nX-Cache: theirs\r\nX-Cache-Key: theirs\r\n" +
                "Cache-Status: cdn; hit\r\nx-ratelimit-limit-requests: 5\r\n\r\nok"));
        foreach (var (cache, status, left) in new[] { ("MISS", "edge; fwd=miss; stored", 8), ("HIT", "edge; hit; ttl=", 7) })
        {
            var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, Request);
            var headers = answer.Headers;
            Assert.Equal("ok", answer.Text);
            Assert.Equal([cache], headers.All("X-Cache"));
            Assert.Matches("^[0-9a-f]{16}$", Assert.Single(headers.All("X-Cache-Key")));
            Assert.Collection(
                headers.All("Cache-Status"),
                first => Assert.Equal("cdn; hit", first),
                second => Assert.StartsWith(status, second, StringComparison.Ordinal));
            Assert.Equal(["9"], headers.All("X-RateLimit-Limit"));
            Assert.Equal([left.ToString(CultureInfo.InvariantCulture)], headers.All("X-RateLimit-Remaining"));
            Assert.StartsWith($"\"all\";r={left};t=", Assert.Single(headers.All("RateLimit")), StringComparison.Ordinal);
            Assert.Equal(rules.Length > 0 ? 0 : 1, headers.All("X-RateLimit-Reset").Length);
            Assert.Equal(rules.Length > 0, headers.All("RateLimit-Policy").Single() == "mine");
            Assert.Single(headers.All("Age"));
            Assert.Equal(["5"], headers.All("x-ratelimit-limit-requests"));
        }
    }

    [Theory]
    [InlineData("X-Request-ID", "")]
    [InlineData("X-Request-ID", ", response: { headers: { set: { X-Request-ID: mine, ETag: ours } } }")]
    [InlineData("x-request-id", "")]
    [InlineData("X-Own-ID", "")]
    [InlineData("ETag", "")]
    [InlineData("Age", "")]
    [InlineData("Via", "")]
    [InlineData("Date", "")]
    public async Task The_requests_identifier_is_told_once_whatever_field_that_is(string name, string rules)
    {
        await using var door = await Door.OpenAsync(
            route: $"requestId: {{ header: {name}, echo: true }}" + rules,
            scripts: Door.Answering(
                $"HTTP/1.1 200 OK\r\n{Date}Server: s\r\n{name}: theirs\r\nContent-Length: 2\r\nLink: l\r\n\r\nok"));
        for (var i = 0; i < 2; i++)
        {
            var answer = await RawHttpClient.ExchangeAsync(
                door.Endpoint, $"GET / HTTP/1.1\r\nHost: a\r\n{name}: id-{i}\r\n\r\n");
            Assert.Equal("ok", answer.Text);
            Assert.Equal([$"id-{i}"], answer.Headers.All(name));
            Assert.Equal(["s"], answer.Headers.All("Server"));
            Assert.Equal(["l"], answer.Headers.All("Link"));
            Assert.Single(answer.Headers.All("Date"));
            Assert.Single(answer.Headers.All("Via"));
        }
    }

    [Theory]
    [InlineData("Server")]
    [InlineData("X-Unheard-Of")]
    public async Task A_control_character_reaches_nobody(string name)
    {
        await using var door = await Door.OpenAsync(scripts: Door.Answering(
            $"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: \"1\"\r\n{name}: a\u0001b\r\n\r\nok"));
        var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, Request);
        Assert.Equal((int)HttpStatusCode.BadGateway, answer.Status);
        Assert.DoesNotContain('\u0001', answer.Text);
        Assert.False(answer.Headers.Contains("ETag"));
        Assert.Equal((int)HttpStatusCode.BadGateway, (await RawHttpClient.ExchangeAsync(door.Endpoint, Request)).Status);
    }

    [Fact]
    public async Task An_answer_that_breaks_before_it_starts_leaves_none_of_its_fields_in_the_error()
    {
        const string Body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

        // It is held back until it is known what was used.
        await using var door = await Door.OpenAsync(
            upstream: "dialect: openai", route: "metering: { usageHeader: true }",
            scripts: async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(
                    $"HTTP/1.1 200 OK\r\n{Date}Server: theirs\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
            });
        for (var i = 0; i < 2; i++)
        {
            var answer = await RawHttpClient.ExchangeAsync(
                door.Endpoint,
                $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: {Body.Length}\r\n" +
                $"Content-Type: application/json\r\n\r\n{Body}");
            Assert.Equal((int)HttpStatusCode.BadGateway, answer.Status);
            Assert.False(answer.Headers.Contains("ETag"));
            Assert.False(answer.Headers.Contains("Server"));
            Assert.Contains("upstream", answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_lines_come_behind_the_first_value_whatever_room_there_is() =>
        Gen.Select(
                Gen.OneOf(Gen.Char['\u0020', '\u00ff'], Gen.Char['\ud800', '\udfff']).Array[1, 40],
                Gen.Char['a', 'z'].Array[0, 60], Gen.Int[1, 110])
            .Sample((chars, line, room) =>
            {
                var value = new string(chars);
                var server = new EncodingServer(value, room);
                var fields = ResponseFields.Rent();
                fields.Begin(new HeaderDictionary(), RouteFields.Of(default(HeaderNumberSet), hasLimits: false));
                fields.Copy(
                    KnownResponseHeaders.CacheStatus, "Cache-Status"u8, Encoding.Latin1.GetBytes(line), new HeaderValueCache());
                Assert.True(fields.StartAsync(server).IsCompletedSuccessfully);
                fields.Return();
                var narrow = string.Concat(value.Select(static c => c <= '\u00ff' ? c : '?'));
                Assert.Equal($"{narrow}\r\nCache-Status: {new string(line)}|{narrow}|", server.Written);
                Assert.True(ResponseFields.LinesWritten.IsEmpty);
            });

    /// <summary>Writes a value twice at the start, as the server does: in one piece where it fits, else in parts.</summary>
    private sealed class EncodingServer(string value, int room) : IHttpResponseBodyFeature
    {
        private readonly StringBuilder _written = new();

        public string Written => _written.ToString();

        public Stream Stream => throw new NotSupportedException();

        public PipeWriter Writer => throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken = default)
        {
            Write();
            Write();
            return Task.CompletedTask;
        }

        public Task CompleteAsync() => throw new NotSupportedException();

        public void DisableBuffering() => throw new NotSupportedException();

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        private void Write()
        {
            var encoding = FieldLineEncoding.Instance;
            var bytes = new byte[room];
            var left = encoding.GetByteCount(value);
            if (left <= room)
            {
                _written.Append(Encoding.Latin1.GetString(bytes, 0, encoding.GetBytes(value, bytes)));
            }
            else
            {
                var encoder = encoding.GetEncoder();
                var chars = value.AsSpan();
                for (var isWhole = false; !isWhole || left > 0;)
                {
                    encoder.Convert(chars, bytes, flush: false, out var used, out var count, out isWhole);
                    _written.Append(Encoding.Latin1.GetString(bytes, 0, count));
                    chars = chars[used..];
                    left -= count;
                }

                Assert.Equal(0, left);
            }

            _written.Append('|');
        }
    }
}
