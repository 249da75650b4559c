using Edge.Tests.Support;

namespace Edge.Tests.Caching;

/// <summary>Whether what is kept, or what a caller has, is still good; what stands in for errors; what ends it.</summary>
public sealed class HttpValidationTests
{
    private const string Old = "Thu, 01 Jan 1970 00:00:01 GMT";

    [Theory]
    [InlineData("ETag: \"abc\"", "If-None-Match: \"abc\"", 304)]
    [InlineData("ETag: W/\"abc\"", "If-None-Match: \"abc\"", 304)]
    [InlineData("ETag: \"abc\"", "If-None-Match: W/\"abc\"", 304)]
    [InlineData("ETag: \"abc\"", "If-None-Match: \"1\", \"abc\" , \"2\"", 304)]
    [InlineData("ETag: \"abc\"", "If-None-Match: \"1,abc\", W/\"abc\"", 304)]
    [InlineData("ETag: \"abc\"", "If-None-Match: \"1\"|If-None-Match: \"abc\"", 304)]
    [InlineData("ETag: \"abc\"", "If-None-Match: *", 304)]
    [InlineData("ETag: \"abc\"", "If-None-Match: \"ab\", \"abcd\", abc", 200)]
    [InlineData("ETag: \"a,c\"", "If-None-Match: \"x\", \"a,c\"", 304)]
    [InlineData("ETag: \"abc\"", "If-None-Match: \"abc", 200)]
    [InlineData("ETag: \"abc\"", "If-None-Match: ,,,\"", 200)]
    [InlineData("X: y", "If-None-Match: \"abc\"", 200)]
    [InlineData("ETag: \"abc\"|Last-Modified: {now-50}", "If-None-Match: \"no\"|If-Modified-Since: {now}", 200)]
    [InlineData("ETag: \"abc\"|Last-Modified: {now-50}", "If-None-Match: \"abc\"|If-Modified-Since: {now-99}", 304)]
    [InlineData("Last-Modified: {now-50}", "If-Modified-Since: {now-50}", 304)]
    [InlineData("Last-Modified: {now-50}", "If-Modified-Since: {now-40}", 304)]
    [InlineData("Last-Modified: {now-50}", "If-Modified-Since: {now-51}", 200)]
    [InlineData("Date: {now}", "If-Modified-Since: {now+5}", 304)]
    [InlineData("Date: {now}", "If-Modified-Since: {now-5}", 200)]
    [InlineData("Last-Modified: {now-50}", "If-Modified-Since: yesterday", 200)]
    public async Task A_caller_that_has_what_is_kept_is_told_so(string headers, string condition, int status)
    {
        await using var door = await HttpCacheDoor.OpenAsync("Cache-Control: max-age=600|Content-Type: text/plain|" + headers);
        await door.AskAsync();
        for (int at; (at = condition.IndexOf("{now", StringComparison.Ordinal)) >= 0;)
        {
            var end = condition.IndexOf('}', at);
            _ = int.TryParse(condition[(at + 4)..end], out var seconds);
            condition = condition[..at] + door.Date(seconds) + condition[(end + 1)..];
        }

        var answer = await door.AskAsync(condition + "|");
        Assert.Equal((status, "HIT"), (answer.Status, answer.Headers["X-Cache"]));
        Assert.Equal(status == 304 ? "" : "body", answer.Text);
        Assert.Equal(status == 304 ? null : "text/plain", answer.Headers["Content-Type"]);
        Assert.Equal(headers.StartsWith("ETag", StringComparison.Ordinal), answer.Headers["ETag"] is not null);
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("Cache-Control: max-age=2|ETag: \"abc\"", "If-None-Match", "\"abc\"")]
    [InlineData("Cache-Control: max-age=2|ETag: W/\"abc\"", "If-None-Match", "W/\"abc\"")]
    [InlineData("Cache-Control: max-age=2|Last-Modified: " + Old, "If-Modified-Since", Old)]
    [InlineData("Cache-Control: max-age=2, must-revalidate|ETag: \"abc\"", "If-None-Match", "\"abc\"")]
    public async Task What_is_too_old_is_asked_about_and_brought_up_to_date(string headers, string field, string value)
    {
        await using var door = await HttpCacheDoor.OpenAsync((request, number) => number == 0
            ? headers + "|A: 1|B: 1|Content-Type: text/plain"
            : request.Headers[field] == value
                ? "HTTP/1.1 304 Not Modified|Cache-Control: max-age=5|A: 2|Content-Length: 9||"
                : "HTTP/1.1 500 No|Content-Length: 0||");
        await door.AskAsync();
        door.Advance(3);
        var second = await door.AskAsync("If-None-Match: \"other\"|");
        Assert.Equal((200, "REVALIDATED", "body"), (second.Status, second.Headers["X-Cache"], second.Text));
        Assert.Equal("edge; fwd=stale; fwd-status=304", second.Headers["Cache-Status"]);
        Assert.Equal(("2", "1", "text/plain"), (second.Headers["A"], second.Headers["B"], second.Headers["Content-Type"]));
        Assert.Equal("0", second.Headers["Age"]);
        door.Advance(4);
        var third = await door.AskAsync();
        Assert.Equal(("HIT", "2", "4", "body"), (third.Headers["X-Cache"], third.Headers["A"], third.Headers["Age"], third.Text));
        door.Advance(1);
        Assert.Equal("REVALIDATED", await door.StatusAsync());
        Assert.Equal(3, door.Upstream.Requests.Count);
        Assert.Equal(1, door.Running.Gateway.Cache.Store!.Count);
    }

    [Fact]
    public async Task A_new_answer_takes_the_place_of_what_was_asked_about()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            (_, number) => $"Cache-Control: max-age=10|ETag: \"{number}\"||body{number}");
        await door.AskAsync();
        door.Advance(10);
        var second = await door.AskAsync();
        Assert.Equal(("body1", "edge; fwd=stale; stored"), (second.Text, second.Headers["Cache-Status"]));
        door.Advance(1);
        Assert.Equal("body1", (await door.AskAsync()).Text);
        Assert.Equal("\"0\"", door.Upstream.Requests[1].Headers["If-None-Match"]);
    }

    [Theory]
    [InlineData("ETag: \"a\"", "\"a\"", true)]
    [InlineData("ETag: W/\"a\"", "\"a\"", true)]
    [InlineData("ETag: \"a\"", "W/\"a\"", true)]
    [InlineData("ETag: \"a\"", "\"b\"", false)]
    [InlineData("ETag: W/\"a\"", "W/\"b\"", false)]
    [InlineData("Last-Modified: " + Old, "\"a\"", false)]
    public async Task Word_of_another_state_brings_nothing_up_to_date(string validator, string tag, bool isAbout)
    {
        await using var door = await HttpCacheDoor.OpenAsync((_, number) => number == 0
            ? "Cache-Control: max-age=2|A: 1|" + validator
            : $"HTTP/1.1 304 Not Modified|Cache-Control: max-age=60|A: 2|ETag: {tag}||");
        var first = await door.AskAsync();
        door.Advance(3);
        var second = await door.AskAsync();
        Assert.Equal((200, "REVALIDATED", "body"), (second.Status, second.Headers["X-Cache"], second.Text));
        Assert.Equal((isAbout ? "2" : "1", first.Headers["ETag"]), (second.Headers["A"], second.Headers["ETag"]));
        Assert.Equal(isAbout ? "HIT" : "REVALIDATED", await door.StatusAsync());
    }

    [Theory]
    [InlineData("Content-Encoding", false)]
    [InlineData("Content-Range", false)]
    [InlineData("Content-Type", true)]
    [InlineData("Content-Location", true)]
    public async Task What_tells_how_the_kept_bytes_are_read_stays_with_them(string field, bool isUpdated)
    {
        await using var door = await HttpCacheDoor.OpenAsync((_, number) => number == 0
            ? $"Cache-Control: max-age=2|ETag: \"a\"|{field}: one"
            : $"HTTP/1.1 304 Not Modified|Cache-Control: max-age=60|ETag: \"a\"|{field}: two||");
        await door.AskAsync();
        door.Advance(3);
        Assert.Equal(isUpdated ? "two" : "one", (await door.AskAsync()).Headers[field]);
        var third = await door.AskAsync();
        Assert.Equal(("HIT", isUpdated ? "two" : "one"), (third.Headers["X-Cache"], third.Headers[field]));
    }

    [Theory]
    [InlineData("no-cache|ETag: \"a\"")]
    [InlineData("no-cache, max-age=100|ETag: \"a\"")]
    [InlineData("max-age=0|ETag: \"a\"")]
    public async Task What_may_not_be_used_unasked_is_kept_to_be_asked_about(string says)
    {
        await using var door = await HttpCacheDoor.OpenAsync((request, _) =>
            request.Headers["If-None-Match"] == "\"a\"" ? "HTTP/1.1 304 Not Modified||" : "Cache-Control: " + says);
        await door.AskAsync();
        for (var i = 0; i < 3; i++)
        {
            door.Advance(1);
            Assert.Equal("REVALIDATED", await door.StatusAsync());
        }

        Assert.Equal(304, (await door.AskAsync("If-None-Match: \"a\"|")).Status);
        Assert.Equal(5, door.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("max-age=2, stale-if-error=60", "", 200)]
    [InlineData("max-age=2, stale-if-error=60", "HTTP/1.1 503 No|Content-Length: 4||none", 200)]
    [InlineData("max-age=2, stale-if-error=60", "HTTP/1.1 404 No|Content-Length: 4||none", 404)]
    [InlineData("max-age=2", "", 502)]
    [InlineData("max-age=2, stale-if-error=1", "HTTP/1.1 500 No|Content-Length: 4||none", 500)]
    [InlineData("max-age=2, stale-if-error=60, must-revalidate", "", 502)]
    [InlineData("max-age=2, stale-if-error=60, proxy-revalidate", "", 502)]
    [InlineData("s-maxage=2, stale-if-error=60", "", 502)]
    [InlineData("no-cache, max-age=2, stale-if-error=60", "", 502)]
    public async Task What_is_too_old_stands_in_for_an_error_where_it_says_so_itself(string says, string answer, int status)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            (_, number) => number == 0 ? $"Cache-Control: {says}|ETag: \"a\"" : answer);
        await door.AskAsync();
        door.Advance(5);
        var second = await door.AskAsync();
        Assert.Equal(status, second.Status);
        if (status == 200)
        {
            Assert.Equal(("body", "edge; hit; ttl=-3; detail=stale"), (second.Text, second.Headers["Cache-Status"]));
        }
    }

    [Fact]
    public async Task What_is_a_little_too_old_is_given_while_a_new_one_is_asked_for()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            (_, number) => $"Cache-Control: max-age=2, stale-while-revalidate=60|ETag: \"{number}\"||body{number}");
        await door.AskAsync();
        door.Advance(5);
        var second = await door.AskAsync();
        Assert.Equal(("body0", "edge; hit; ttl=-3; detail=stale"), (second.Text, second.Headers["Cache-Status"]));
        await door.Upstream.WaitForRequestsAsync(2);
        Assert.Equal("\"0\"", door.Upstream.Requests[1].Headers["If-None-Match"]);
        await UntilAsync(() => door.Running.Gateway.Cache.Counters["all"].Stored.Value == 2);
        Assert.Equal(("body1", "HIT"), await Seen(door));
        door.Advance(63);
        Assert.Equal(("body2", "MISS"), await Seen(door));
    }

    [Fact]
    public async Task The_new_one_comes_also_where_the_caller_leaves_who_had_asked_before()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            (_, number) => $"Cache-Control: max-age=2, stale-while-revalidate=60||body{number}");
        var left = new TaskCompletionSource();
        await using (var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint))
        {
            await caller.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("body0", (await caller.ReadResponseAsync()).Text);
            door.Advance(5);
            door.Held = left.Task;
            await caller.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("body0", (await caller.ReadResponseAsync()).Text);
            await door.Upstream.WaitForRequestsAsync(2);
            caller.Reset();
        }

        await door.Running.PassTimeAsync();
        left.SetResult();
        await UntilAsync(() => door.Running.Gateway.Cache.Counters["all"].Stored.Value == 2);
        Assert.Equal(("body1", "HIT"), await Seen(door));
    }

    [Theory]
    [InlineData("no-cache", "MISS")]
    [InlineData("no-store", "BYPASS")]
    [InlineData("max-age=0", "MISS")]
    [InlineData("max-age=4", "MISS")]
    [InlineData("max-age=5", "HIT")]
    [InlineData("min-fresh=5", "HIT")]
    [InlineData("min-fresh=6", "MISS")]
    [InlineData("max-stale", "HIT")]
    [InlineData("unknown", "HIT")]
    public async Task What_the_caller_asks_of_the_cache_counts_where_the_file_says_so(string asks, string status)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            "Cache-Control: max-age=10", "scope: public, callerDirectives: true");
        await using var other = await HttpCacheDoor.OpenAsync("Cache-Control: max-age=10");
        await door.AskAsync();
        await other.AskAsync();
        door.Advance(5);
        other.Advance(5);
        Assert.Equal(status, await door.StatusAsync($"Cache-Control: {asks}|"));
        Assert.Equal("HIT", await other.StatusAsync($"Cache-Control: {asks}|"));
    }

    [Fact]
    public async Task What_is_stale_or_kept_alone_may_be_asked_for()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            "Cache-Control: max-age=10", "scope: public, callerDirectives: true");
        Assert.Equal(504, (await door.AskAsync("Cache-Control: only-if-cached|")).Status);
        await door.AskAsync();
        door.Advance(12);
        Assert.Equal("HIT", await door.StatusAsync("Cache-Control: max-stale=2|"));
        Assert.Equal(504, (await door.AskAsync("Cache-Control: only-if-cached|")).Status);
        Assert.Equal("MISS", await door.StatusAsync("Cache-Control: max-stale=1|"));
        door.Advance(1);
        Assert.Equal("HIT", await door.StatusAsync("Cache-Control: only-if-cached|"));
        Assert.Equal("MISS", await door.StatusAsync("Pragma: no-cache|"));
    }

    [Theory]
    [InlineData("POST", 200, "", "MISS")]
    [InlineData("PUT", 204, "", "MISS")]
    [InlineData("DELETE", 302, "", "MISS")]
    [InlineData("M-SEARCH", 200, "", "MISS")]
    [InlineData("POST", 500, "", "HIT")]
    [InlineData("DELETE", 404, "", "HIT")]
    [InlineData("OPTIONS", 200, "", "HIT")]
    [InlineData("POST", 200, "Location: /a", "MISS")]
    [InlineData("POST", 200, "Content-Location: a", "MISS")]
    [InlineData("POST", 200, "Location: http://a/a", "MISS")]
    [InlineData("POST", 200, "Location: http://b/a", "HIT")]
    public async Task What_is_done_to_a_resource_ends_what_is_kept_of_it(string method, int status, string location, string after)
    {
        await using var door = await HttpCacheDoor.OpenAsync((request, _) => request.Method == "GET"
            ? "Cache-Control: max-age=600|Vary: Foo"
            : $"HTTP/1.1 {status} X|{(location.Length > 0 ? location + "|" : "")}{(status == 204 ? "" : "Content-Length: 0|")}|");
        await door.AskAsync("Foo: 1|");
        await door.AskAsync("Foo: 2|");
        door.Advance(1);
        await door.AskAsync("", location.Length > 0 ? "/b" : "/a", method, method is "OPTIONS" or "DELETE" ? "" : "text");
        door.Advance(1);
        Assert.Equal(after, await door.StatusAsync("Foo: 1|"));
        Assert.Equal(after, await door.StatusAsync("Foo: 2|"));
    }

    [Theory]
    [InlineData("Foo", "Foo: 1", "Foo: 1", "HIT")]
    [InlineData("Foo", "Foo: 1", "Foo: 2", "MISS")]
    [InlineData("Foo", "Foo: 1", "X: 1", "MISS")]
    [InlineData("Foo", "X: 1", "Foo: 1", "MISS")]
    [InlineData("Foo", "X: 1", "X: 2", "HIT")]
    [InlineData("fOO", "Foo: 1|Other: 2", "foo: 1|Other: 3", "HIT")]
    [InlineData("Foo, Bar", "Foo: 1|Bar: abc", "Bar: abc|Foo: 1", "HIT")]
    [InlineData("Foo|Vary: Bar", "Foo: 1|Bar: abc", "Foo: 1|Bar: abcd", "MISS")]
    [InlineData("Foo, Bar, Baz", "Foo: 1|Baz: 789", "Foo: 1|Baz: 789", "HIT")]
    [InlineData("Foo, Bar", "Foo: 1", "Bar: 1", "MISS")]
    [InlineData("Foo", "Foo: 1,2", "Foo:  1 ,  2 ", "HIT")]
    [InlineData("Foo", "Foo: 1, 2", "Foo: 1|Foo: 2", "HIT")]
    [InlineData("Foo", "Foo: \"1, 2\"", "Foo: \"1,2\"", "MISS")]
    [InlineData("*", "X: 1", "X: 1", "MISS")]
    [InlineData("Foo, *", "Foo: 1", "Foo: 1", "MISS")]
    [InlineData(", *", "X: 1", "X: 1", "MISS")]
    [InlineData("|Vary: *", "X: 1", "X: 1", "MISS")]
    [InlineData("Accept-Language", "Accept-Language: en, de-CH", "Accept-Language: EN,de-ch", "HIT")]
    [InlineData("Accept-Language", "Accept-Language: en, de", "Accept-Language: de, en", "MISS")]
    [InlineData("Accept-Encoding", "Accept-Encoding: GZip", "Accept-Encoding: gzip", "HIT")]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", "X: 1", "X: 1", "HIT")]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "X: 1", "X: 1", "MISS")]
    public async Task Variants_are_told_apart_by_what_Vary_names(string vary, string one, string other, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            (_, number) => $"Cache-Control: max-age=60|Vary: {vary}||body{number}");
        await door.AskAsync(one + "|");
        Assert.Equal(second, await door.StatusAsync(other + "|"));
        if (vary == "Foo" && second == "MISS")
        {
            Assert.Equal(("body0", "HIT"), await Seen(door, one + "|"));
            Assert.Equal(("body1", "HIT"), await Seen(door, other + "|"));
        }
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_a_call_where_they_select_the_same_answer()
    {
        var goOn = new TaskCompletionSource();
        await using var door = await HttpCacheDoor.OpenAsync(
            (request, _) => $"Cache-Control: max-age=60|Vary: Foo||of {request.Headers["Foo"]}");
        door.Held = goOn.Task;
        var asked = Enumerable.Range(0, 10).Select(i => door.AskAsync($"Foo: {i % 2}|")).ToArray();
        await UntilAsync(() => door.Running.Gateway.Cache.Flights!.Joined == 9);
        goOn.SetResult();
        var answers = await Task.WhenAll(asked);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal($"of {i % 2}", answers[i].Text);
        }

        Assert.Contains(answers, static answer => answer.Headers["Cache-Status"] == "edge; fwd=miss; collapsed");
        Assert.InRange(door.Upstream.Requests.Count, 2, 6);
    }

    private static async Task<(string, string?)> Seen(HttpCacheDoor door, string headers = "")
    {
        var answer = await door.AskAsync(headers);
        return (answer.Text, answer.Headers["X-Cache"]);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!isSo())
        {
            await Task.Delay(1, deadline.Token);
        }
    }
}
