using Edge.Tests.Support;

namespace Edge.Tests.Caching;

/// <summary>Parts of what is kept of ordinary services (RFC 9110, section 14).</summary>
public sealed class HttpRangeTests
{
    private const string Kept =
        "Cache-Control: max-age=60|Content-Type: text/plain|ETag: \"abc\"|Date: {now}|Last-Modified: {now-50}";

    [Theory]
    [InlineData("bytes=0-1", 206, "bytes 0-1/10", "01")]
    [InlineData("bytes=0-0", 206, "bytes 0-0/10", "0")]
    [InlineData("bytes=9-9", 206, "bytes 9-9/10", "9")]
    [InlineData("bytes=4-", 206, "bytes 4-9/10", "456789")]
    [InlineData("bytes=-3", 206, "bytes 7-9/10", "789")]
    [InlineData("Bytes=-99", 206, "bytes 0-9/10", "0123456789")]
    [InlineData("bytes=2-99999999999999999999999", 206, "bytes 2-9/10", "23456789")]
    [InlineData("bytes=10-", 416, "bytes */10", "")]
    [InlineData("bytes=99999999999999999999999-", 416, "bytes */10", "")]
    [InlineData("bytes=-0", 416, "bytes */10", "")]
    public async Task One_range_of_what_is_kept_comes_from_memory(string range, int status, string contentRange, string text)
    {
        await using var door = await HttpCacheDoor.OpenAsync(Kept + "||0123456789");
        await door.AskAsync();
        door.Advance(1);
        var answer = await door.AskAsync($"Range: {range}|");
        Assert.Equal((status, "HIT", contentRange, text), Of(answer));
        Assert.Equal("edge; hit; ttl=59", answer.Headers["Cache-Status"]);
        Assert.Equal($"{text.Length}", answer.Headers["Content-Length"]);

        // What says how the bytes are to be read and kept goes with bytes, and not with the word that there are none.
        Assert.Equal(
            status == 206 ? ("text/plain", "\"abc\"", "max-age=60", "1") : (null, null, null, null),
            (answer.Headers["Content-Type"], answer.Headers["ETag"], answer.Headers["Cache-Control"], answer.Headers["Age"]));
        var whole = await door.AskAsync();
        Assert.Equal((200, "HIT", null, "0123456789"), Of(whole));
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("Range: bytes=0-1,3-4|")]
    [InlineData("Range: bytes=0-1|Range: bytes=3-4|")]
    [InlineData("Range: bytes=4-3|")]
    [InlineData("Range: bytes=|")]
    [InlineData("Range: bytes=-|")]
    [InlineData("Range: items=0-1|")]
    [InlineData("Range: bytes=0-1|If-Range: \"abc\"|If-Range: \"def\"|")]
    [InlineData("Range: bytes=0-1|If-Match: \"abc\"|")]
    [InlineData("Range: bytes=0-1|If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT|")]
    [InlineData("If-Range: \"abc\"|")]
    public async Task Anything_else_about_parts_goes_upstream_as_it_came(string headers)
    {
        await using var door = await HttpCacheDoor.OpenAsync(Kept + "||0123456789");
        await door.AskAsync();
        Assert.Equal((200, "BYPASS", null, "0123456789"), Of(await door.AskAsync(headers)));
        foreach (var line in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Contains(line.Split(": ")[1], door.Upstream.Requests[1].Headers.All(line.Split(':')[0]));
        }
    }

    [Theory]
    [InlineData(Kept, "\"abc\"", 206)]
    [InlineData(Kept, "\"abcd\"", 200)]
    [InlineData(Kept, "W/\"abc\"", 200)]
    [InlineData(Kept, "abc", 200)]
    [InlineData(Kept, "\"", 200)]
    [InlineData(Kept, "*", 200)]
    [InlineData("Cache-Control: max-age=60|ETag: W/\"abc\"", "W/\"abc\"", 200)]
    [InlineData("Cache-Control: max-age=60|ETag: W/\"abc\"", "\"abc\"", 200)]
    [InlineData("Cache-Control: max-age=60", "\"abc\"", 200)]
    [InlineData(Kept, "{now-50}", 206)]
    [InlineData(Kept, "{now-49}", 200)]
    [InlineData(Kept, "{now-51}", 200)]
    [InlineData("Cache-Control: max-age=60|Date: {now}|Last-Modified: {now}", "{now}", 200)]
    [InlineData("Cache-Control: max-age=60|Date: {now}|Last-Modified: {now-1}", "{now-1}", 206)]
    [InlineData("Cache-Control: max-age=60|Last-Modified: {now-50}", "{now-50}", 200)]
    [InlineData("Cache-Control: max-age=60|Date: {now}", "{now}", 200)]
    public async Task The_rest_of_what_has_changed_is_not_given(string kept, string condition, int status)
    {
        await using var door = await HttpCacheDoor.OpenAsync(kept + "||0123456789");
        await door.AskAsync();
        for (int at; (at = condition.IndexOf("{now", StringComparison.Ordinal)) >= 0;)
        {
            var end = condition.IndexOf('}', at);
            _ = int.TryParse(condition[(at + 4)..end], out var seconds);
            condition = condition[..at] + door.Date(seconds) + condition[(end + 1)..];
        }

        var answer = await door.AskAsync($"Range: bytes=4-|If-Range: {condition}|");
        Assert.Equal(
            (status, "HIT", status == 206 ? "bytes 4-9/10" : null, status == 206 ? "456789" : "0123456789"), Of(answer));
        Assert.Equal((200, "HIT"), StatusOf(await door.AskAsync($"Range: bytes=4-|If-Range: \"{new string('a', 4000)}\"|")));
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("If-None-Match: \"abc\"|", 304)]
    [InlineData("If-None-Match: \"other\"|", 206)]
    [InlineData("If-None-Match: \"abc\"|If-Range: \"other\"|", 304)]
    public async Task What_the_caller_has_already_comes_before_parts(string headers, int status)
    {
        await using var door = await HttpCacheDoor.OpenAsync(Kept + "||0123456789");
        await door.AskAsync();
        var answer = await door.AskAsync("Range: bytes=4-|" + headers);
        Assert.Equal((status, "HIT", status == 206 ? "bytes 4-9/10" : null, status == 206 ? "456789" : ""), Of(answer));
    }

    [Fact]
    public async Task Parts_are_right_wherever_they_begin_and_end()
    {
        var body = string.Concat(Enumerable.Range(0, 20_000).Select(static i => (char)('a' + (i * 7 % 26))));
        await using var door = await HttpCacheDoor.OpenAsync(Kept + "||" + body);
        await door.AskAsync();
        var random = new Random(1);
        for (var i = 0; i < 60; i++)
        {
            var first = random.Next(body.Length);
            var last = i % 2 == 0 ? random.Next(first, body.Length) : Math.Min(body.Length - 1, (first | 511) + (i % 5) - 2);
            if (last < first)
            {
                continue;
            }

            var answer = await door.AskAsync($"Range: bytes={first}-{last}|");
            Assert.Equal((206, "HIT", $"bytes {first}-{last}/{body.Length}", body[first..(last + 1)]), Of(answer));
        }

        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("bytes=-5", 200, null)]
    [InlineData("bytes=0-", 416, "bytes */0")]
    public async Task Nothing_has_no_parts(string range, int status, string? contentRange)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            "HTTP/1.1 200 OK|Cache-Control: max-age=60|Content-Length: 0||");
        await door.AskAsync();
        Assert.Equal((status, "HIT", contentRange, ""), Of(await door.AskAsync($"Range: {range}|")));
    }

    [Fact]
    public async Task Only_a_200_has_parts()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            "HTTP/1.1 404 Not Found|Cache-Control: max-age=60|Content-Length: 10||0123456789");
        await door.AskAsync();
        Assert.Equal((404, "HIT", null, "0123456789"), Of(await door.AskAsync("Range: bytes=4-|")));
    }

    [Fact]
    public async Task A_part_is_one_of_the_variant_that_the_request_selects()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            static (request, _) => $"Cache-Control: max-age=60|Vary: Foo||012345678{request.Headers["Foo"]}");
        await door.AskAsync("Foo: 1|");
        await door.AskAsync("Foo: 2|");
        Assert.Equal((206, "HIT", "bytes 8-9/10", "81"), Of(await door.AskAsync("Range: bytes=-2|Foo: 1|")));
        Assert.Equal((206, "HIT", "bytes 8-9/10", "82"), Of(await door.AskAsync("Range: bytes=-2|Foo: 2|")));
        Assert.Equal("MISS", await door.StatusAsync("Range: bytes=-2|Foo: 3|"));
    }

    [Fact]
    public async Task What_is_too_old_is_asked_about_and_then_given_in_part()
    {
        await using var door = await HttpCacheDoor.OpenAsync(static (request, number) => number == 0
            ? "Cache-Control: max-age=2|ETag: \"abc\"||0123456789"
            : request.Headers["If-None-Match"] == "\"abc\"" && request.Headers["Range"] == "bytes=4-5" && number == 1
                ? "HTTP/1.1 304 Not Modified|Cache-Control: max-age=5||"
                : "HTTP/1.1 206 Partial Content|Cache-Control: max-age=60|Content-Range: bytes 4-5/8|Content-Length: 2||xy");
        await door.AskAsync();
        door.Advance(3);
        Assert.Equal((206, "REVALIDATED", "bytes 4-5/10", "45"), Of(await door.AskAsync("Range: bytes=4-5|")));
        Assert.Equal((206, "HIT", "bytes 6-9/10", "6789"), Of(await door.AskAsync("Range: bytes=6-|")));

        // A part of another state is the caller's alone.
        door.Advance(6);
        Assert.Equal((206, "MISS", "bytes 4-5/8", "xy"), Of(await door.AskAsync("Range: bytes=4-5|")));
        Assert.Equal((206, "MISS", "bytes 4-5/8", "xy"), Of(await door.AskAsync("Range: bytes=4-5|")));
        Assert.Equal(4, door.Upstream.Requests.Count);
    }

    [Fact]
    public async Task Who_gets_a_part_of_what_is_a_little_too_old_has_all_of_it_asked_for()
    {
        await using var door = await HttpCacheDoor.OpenAsync(static (request, number) =>
            request.Headers["Range"] is null && request.Headers["If-Range"] is null
                ? $"Cache-Control: max-age=2, stale-while-revalidate=10|ETag: \"{number}\"||012345678{number}"
                : "HTTP/1.1 500 No|Content-Length: 0||");
        await door.AskAsync();
        door.Advance(3);
        Assert.Equal((206, "HIT", "bytes 8-9/10", "80"), Of(await door.AskAsync("Range: bytes=-2|If-Range: \"0\"|")));
        await UntilAsync(() => door.Running.Gateway.Cache.Counters["all"].Stored.Value == 2);
        Assert.Equal((206, "HIT", "bytes 8-9/10", "81"), Of(await door.AskAsync("Range: bytes=-2|")));
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    [Fact]
    public async Task A_part_of_what_is_too_old_stands_in_for_an_error()
    {
        await using var door = await HttpCacheDoor.OpenAsync(static (_, number) => number == 0
            ? "Cache-Control: max-age=2, stale-if-error=10||0123456789"
            : "HTTP/1.1 503 No|Content-Length: 0||");
        await door.AskAsync();
        door.Advance(3);
        var answer = await door.AskAsync("Range: bytes=-2|");
        Assert.Equal((206, "HIT", "bytes 8-9/10", "89"), Of(answer));
        Assert.Equal("edge; hit; ttl=-1; detail=stale", answer.Headers["Cache-Status"]);
    }

    [Fact]
    public async Task A_part_of_what_is_not_here_is_the_upstreams_affair_and_not_kept()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            static (request, _) => request.Headers["Range"] is null
                ? "Cache-Control: max-age=60||0123456789"
                : "HTTP/1.1 206 Partial Content|Cache-Control: max-age=60|Content-Range: bytes 0-1/10|Content-Length: 2||01",
            "scope: public, callerDirectives: true");
        Assert.Equal((504, null), StatusOf(await door.AskAsync("Range: bytes=0-1|Cache-Control: only-if-cached|")));
        Assert.Equal((206, "MISS", "bytes 0-1/10", "01"), Of(await door.AskAsync("Range: bytes=0-1|")));
        Assert.Equal((206, "MISS", "bytes 0-1/10", "01"), Of(await door.AskAsync("Range: bytes=0-1|")));
        Assert.Equal((200, "MISS", null, "0123456789"), Of(await door.AskAsync()));
        Assert.Equal((206, "BYPASS"), StatusOf(await door.AskAsync("Range: bytes=0-1|", method: "HEAD")));
    }

    [Fact]
    public async Task All_of_what_a_part_was_asked_of_is_kept()
    {
        await using var door = await HttpCacheDoor.OpenAsync("Cache-Control: max-age=60||0123456789");
        var first = await door.AskAsync("Range: bytes=0-1|");
        Assert.Equal((200, "MISS", null, "0123456789"), Of(first));
        Assert.Equal("edge; fwd=miss; stored", first.Headers["Cache-Status"]);
        Assert.Equal((206, "HIT", "bytes 0-1/10", "01"), Of(await door.AskAsync("Range: bytes=0-1|")));
    }

    [Fact]
    public async Task Parts_and_wholes_that_are_asked_for_at_once_are_not_mixed_up()
    {
        await using var door = await HttpCacheDoor.OpenAsync(static (request, _) => request.Headers["Range"] is null
            ? "Cache-Control: max-age=60||0123456789"
            : "HTTP/1.1 206 Partial Content|Cache-Control: max-age=60|Content-Range: bytes 3-4/10|Content-Length: 2||34");
        for (var round = 0; round < 10; round++)
        {
            var asked = Enumerable.Range(0, 8)
                .Select(i => door.AskAsync(i % 2 == 0 ? "" : "Range: bytes=3-4|", $"/{round}")).ToArray();
            for (var i = 0; i < asked.Length; i++)
            {
                var answer = await asked[i];
                Assert.Equal(i % 2 == 0 ? (200, "0123456789") : (206, "34"), (answer.Status, answer.Text));
            }
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!isSo())
        {
            await Task.Delay(5, time.Token);
        }
    }

    private static (int Status, string? Cache, string? Range, string Text) Of(RawResponse answer) =>
        (answer.Status, answer.Headers["X-Cache"], answer.Headers["Content-Range"], answer.Text);

    private static (int Status, string? Cache) StatusOf(RawResponse answer) => (answer.Status, answer.Headers["X-Cache"]);
}
