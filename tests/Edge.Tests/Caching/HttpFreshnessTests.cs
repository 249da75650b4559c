namespace Edge.Tests.Caching;

/// <summary>What may be kept of ordinary services, and for how long (RFC 9111, sections 3 and 4.2).</summary>
public sealed class HttpFreshnessTests
{
    [Theory]
    [InlineData("X: 1", 0, "MISS")]
    [InlineData("Last-Modified: {now-1000}", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10", 9, "HIT")]
    [InlineData("Cache-Control: max-age=10", 10, "MISS")]
    [InlineData("Cache-Control: max-age=\"10\"", 9, "HIT")]
    [InlineData("Cache-Control: max-age='10'", 3, "MISS")]
    [InlineData("Cache-Control: MaX-aGe=10", 3, "HIT")]
    [InlineData("Cache-Control: foobar, max-age=10", 3, "HIT")]
    [InlineData("Cache-Control: ,,max-age=10,", 3, "HIT")]
    [InlineData("Cache-Control: max-age=0010", 9, "HIT")]
    [InlineData("Cache-Control: max-age=0", 0, "MISS")]
    [InlineData("Cache-Control: max-age=-10", 0, "MISS")]
    [InlineData("Cache-Control: max-age=a10", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10a", 0, "MISS")]
    [InlineData("Cache-Control: max-age =10", 0, "MISS")]
    [InlineData("Cache-Control: max-age= 10", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10.5", 0, "MISS")]
    [InlineData("Cache-Control: max-age", 0, "MISS")]
    [InlineData("Cache-Control: max-age=2147483648", 100, "HIT")]
    [InlineData("Cache-Control: max-age=99999999999999999999999999", 100, "HIT")]
    [InlineData("Cache-Control: max-age=1800, max-age=2", 3, "MISS")]
    [InlineData("Cache-Control: max-age=2|Cache-Control: max-age=1800", 3, "MISS")]
    [InlineData("Cache-Control: ext=\"max-age=100\", max-age=2", 3, "MISS")]
    [InlineData("Cache-Control: max-age=2, ext=\"max-age=100\"", 3, "MISS")]
    [InlineData("Cache-Control: ext=\"\\\", max-age=100\", max-age=2", 3, "MISS")]
    [InlineData("Cache-Control: ext=\"no-store\", max-age=10", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10, ext=\"open", 3, "HIT")]
    [InlineData("Cache-Control: s-maxage=10", 9, "HIT")]
    [InlineData("Cache-Control: s-maxage=2, max-age=10", 3, "MISS")]
    [InlineData("Cache-Control: max-age=2|Cache-Control: s-maxage=10", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Age: 15|Date: {now}", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10|Age: 5", 4, "HIT")]
    [InlineData("Cache-Control: max-age=10|Age: 5", 5, "MISS")]
    [InlineData("Cache-Control: max-age=10|Age: abc", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Age: -20", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Age: 20,0", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10|Age: 20|Age: 0", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10|Age: 0|Age: 20", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Age: abc|Age: 20", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Age: abc, 20", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Age: 99999999999999", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10|Date: {now-8}", 1, "HIT")]
    [InlineData("Cache-Control: max-age=10|Date: {now-8}", 2, "MISS")]
    [InlineData("Cache-Control: max-age=10|Date: {now+1000}", 9, "HIT")]
    [InlineData("Expires: {now+10}|Date: {now}", 9, "HIT")]
    [InlineData("Expires: {now+10}|Date: {now}", 10, "MISS")]
    [InlineData("Expires: {now+10}", 9, "HIT")]
    [InlineData("Expires: {now-10}|Date: {now-20}", 0, "MISS")]
    [InlineData("Expires: {now}|Date: {now}", 0, "MISS")]
    [InlineData("Expires: 0|Date: {now}", 0, "MISS")]
    [InlineData("Expires: Thu, 18 Aug 2050 02:01:18 UTC", 0, "MISS")]
    [InlineData("Expires: Thu, 18 Aug 2050 2:01:18 GMT", 0, "MISS")]
    [InlineData("Expires: Thu, 18  Aug  2050 02:01:18 GMT", 0, "MISS")]
    [InlineData("Expires: Thu, 31 Feb 2050 02:01:18 GMT", 0, "MISS")]
    [InlineData("Expires: Thu, 18 Aug 2050 02:01:18 GMT", 3, "HIT")]
    [InlineData("Expires: Monday, 18-Aug-75 02:01:18 GMT", 3, "HIT")]
    [InlineData("Expires: Thu Aug 18 02:01:18 2050", 3, "HIT")]
    [InlineData("Expires: tHU, 18 aUG 2050 02:01:18 gmt", 3, "HIT")]
    [InlineData("Expires: MONDAY, 18-AUG-75 02:01:18 Gmt", 3, "HIT")]
    [InlineData("Expires: thu aug 18 02:01:18 2050", 3, "HIT")]
    [InlineData("Expires: Thu, 18 nFe 2050 02:01:18 GMT", 0, "MISS")]
    [InlineData("Expires: {now+10}|Expires: {now-10}|Date: {now}", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10|Expires: {now-10}|Date: {now}", 3, "HIT")]
    [InlineData("Cache-Control: max-age=0|Expires: {now+10}|Date: {now}", 0, "MISS")]
    [InlineData("Cache-Control: s-maxage=0|Expires: {now+10}|Date: {now}", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10|Pragma: no-cache", 3, "HIT")]
    [InlineData("Cache-Control: no-store, max-age=10", 0, "MISS")]
    [InlineData("Cache-Control: No-StOrE|Cache-Control: max-age=10", 0, "MISS")]
    [InlineData("Cache-Control: no-cache, max-age=10", 0, "MISS")]
    [InlineData("Cache-Control: private, max-age=10", 0, "MISS")]
    [InlineData("Cache-Control: private=\"a\", max-age=10", 3, "HIT")]
    [InlineData("Cache-Control: must-revalidate, max-age=10", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Set-Cookie: a=b", 0, "MISS")]
    [InlineData("Cache-Control: max-age=10, public|Set-Cookie: a=b", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10|Content-Range: bytes 0-3/10", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10, must-understand", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10, no-store, must-understand", 3, "HIT")]
    [InlineData("Cache-Control: max-age=10, no-store", 0, "MISS")]
    public async Task What_an_answer_says_decides_whether_and_how_long_it_is_kept(string headers, int seconds, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(headers);
        await door.AssertSecondAsync(seconds, second);
    }

    [Theory]
    [InlineData(200, "no-store, must-understand", "HIT")]
    [InlineData(404, "must-understand, no-store", "HIT")]
    [InlineData(599, "must-understand", "MISS")]
    [InlineData(599, "must-understand, no-store", "MISS")]
    [InlineData(299, "must-understand, public", "MISS")]
    [InlineData(599, "public", "HIT")]
    public async Task Must_understand_leaves_statuses_that_nobody_knows_to_the_service(int status, string says, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            $"HTTP/1.1 {status} X|Cache-Control: max-age=60, {says}|Content-Length: 4||body");
        await door.AskAsync();
        Assert.Equal(second, await door.StatusAsync());
    }

    [Theory]
    [InlineData("X: 1", "ttl: 1m", "HIT")]
    [InlineData("Cache-Control: max-age=2", "ttl: 1m", "MISS")]
    [InlineData("Cache-Control: private, max-age=60", "scope: consumer", "HIT")]
    [InlineData("Cache-Control: private, max-age=60", "scope: tier", "MISS")]
    public async Task The_file_has_a_say_in_it(string headers, string cache, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            headers, cache.StartsWith("ttl", StringComparison.Ordinal) ? "scope: public, " + cache : cache);
        var credential = cache.StartsWith("ttl", StringComparison.Ordinal) ? "" : "X-Api-Key: key-of-ann|";
        await door.StatusAsync(credential);
        door.Advance(3);
        Assert.Equal(second, await door.StatusAsync(credential));
    }

    [Theory]
    [InlineData(203, true)]
    [InlineData(204, true)]
    [InlineData(299, true)]
    [InlineData(301, true)]
    [InlineData(302, true)]
    [InlineData(400, true)]
    [InlineData(404, true)]
    [InlineData(410, true)]
    [InlineData(499, true)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(599, true)]
    [InlineData(206, false)]
    public async Task Other_statuses_are_kept_where_they_say_for_how_long(int status, bool isKept)
    {
        var body = status == 204 ? "" : "Content-Length: 4||body";
        await using var door = await HttpCacheDoor.OpenAsync(
            (_, number) => $"HTTP/1.1 {status} X|{(number < 1 ? "Cache-Control: max-age=60|" : "")}"
                + (body.Length > 0 ? body : "|"));
        await door.AskAsync();
        door.Advance(1);
        var second = await door.AskAsync();
        Assert.Equal((status, isKept ? "HIT" : "MISS"), (second.Status, second.Headers["X-Cache"]));
        Assert.Equal(status == 204 ? "" : "body", second.Text);
        door.Advance(60);
        Assert.Equal("MISS", await door.StatusAsync());
        Assert.Equal("MISS", await door.StatusAsync());
    }

    [Fact]
    public async Task Age_and_date_are_told_and_what_belongs_to_a_connection_is_not_kept()
    {
        await using var other = await HttpCacheDoor.OpenAsync(
            "Date: {now}|Age: 30|Cache-Control: max-age=600|C: 3|C: 4|Connection: d|D: 4|ETag: \"x\""
            + "|Keep-Alive: timeout=5||body");
        var date = other.Date();
        await other.AskAsync();
        other.Advance(3);
        var hit = await other.AskAsync();
        Assert.Equal(("33", date), (hit.Headers["Age"], hit.Headers["Date"]));
        Assert.Equal(("HIT", "\"x\""), (hit.Headers["X-Cache"], hit.Headers["ETag"]));
        Assert.Equal("edge; hit; ttl=567", hit.Headers["Cache-Status"]);
        Assert.Null(hit.Headers["D"]);
        Assert.Null(hit.Headers["Keep-Alive"]);
        Assert.Equal("body", hit.Text);
    }

    [Fact]
    public async Task Fields_that_are_named_as_not_to_be_kept_are_not()
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            "Cache-Control: no-cache=\"a, B\"|Cache-Control: max-age=60|Set-Cookie2: no"
            + "|Cache-Control: public|A: 1|b: 2|C: 3");
        Assert.Equal("1", (await door.AskAsync()).Headers["A"]);
        door.Advance(1);
        var hit = await door.AskAsync();
        Assert.Equal(("HIT", "3"), (hit.Headers["X-Cache"], hit.Headers["C"]));
        Assert.Null(hit.Headers["A"]);
        Assert.Null(hit.Headers["B"]);
    }

    [Fact]
    public async Task An_answer_that_is_cut_or_too_long_is_not_kept()
    {
        const string Head = "HTTP/1.1 200 OK|Cache-Control: max-age=60|";
        foreach (var answer in new[]
        {
            Head + "Content-Length: 100||short{end}", Head + "Transfer-Encoding: chunked||5|abcde|{end}",
            Head + "|until the end{end}",
            Head + "Content-Length: 65||" + new string('x', 65),
            Head + "Transfer-Encoding: chunked||41|" + new string('x', 65) + "|0||",
        })
        {
            await using var door = await HttpCacheDoor.OpenAsync(answer, "scope: public, maxObject: 64B");
            await door.AskAsync();
            Assert.Equal(0, door.Running.Gateway.Cache.Store!.Count);
        }
    }

    [Theory]
    [InlineData("Authorization: Basic x|", "max-age=60", "MISS")]
    [InlineData("Authorization: Basic x|", "max-age=60, public", "HIT")]
    [InlineData("Authorization: Basic x|", "max-age=60, must-revalidate", "HIT")]
    [InlineData("Authorization: Basic x|", "s-maxage=60", "HIT")]
    [InlineData("Cookie: a=b|", "max-age=60", "MISS")]
    [InlineData("Cookie: a=b|", "max-age=60, public", "HIT")]
    public async Task What_was_asked_for_with_a_credential_is_kept_only_where_it_says_that_it_is_for_all(
        string credential, string says, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync("Cache-Control: " + says);
        await door.AskAsync(credential);
        door.Advance(1);
        Assert.Equal(second, await door.StatusAsync());
        door.Advance(1);
        Assert.Equal("HIT", await door.StatusAsync(credential));
    }

    [Fact]
    public async Task Answers_that_are_parts_are_not_kept()
    {
        await using var door = await HttpCacheDoor.OpenAsync((request, _) => request.Headers["Range"] is null
            ? "Cache-Control: max-age=60||0123456789"
            : "HTTP/1.1 206 Partial Content|Cache-Control: max-age=60|Content-Range: bytes 0-1/10|Content-Length: 2||01");
        Assert.Equal((206, "MISS"), Of(await door.AskAsync("Range: bytes=0-1|")));
        Assert.Equal((206, "MISS"), Of(await door.AskAsync("Range: bytes=0-1|")));
        Assert.Equal((200, "MISS"), Of(await door.AskAsync()));
        door.Advance(1);
        Assert.Equal((200, "HIT"), Of(await door.AskAsync()));
        Assert.Equal((206, "HIT"), Of(await door.AskAsync("Range: bytes=0-1|")));
    }

    [Fact]
    public async Task The_head_of_what_is_kept_answers_HEAD()
    {
        await using var door = await HttpCacheDoor.OpenAsync("Cache-Control: max-age=60|X: y||0123456789");
        Assert.Equal("MISS", await door.StatusAsync(method: "HEAD"));
        Assert.Equal("MISS", await door.StatusAsync());
        door.Advance(1);
        var head = await door.AskAsync(method: "HEAD");
        Assert.Equal(("HIT", "10"), (head.Headers["X-Cache"], head.Headers["Content-Length"]));
        Assert.Equal(("y", ""), (head.Headers["X"], head.Text));
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    [Fact]
    public async Task Targets_and_hosts_are_told_apart_and_huge_ones_pass()
    {
        await using var door = await HttpCacheDoor.OpenAsync("Cache-Control: max-age=60");
        Assert.Equal("MISS", await door.StatusAsync(path: "/a?x=1"));
        Assert.Equal("MISS", await door.StatusAsync(path: "/a?x=2"));
        Assert.Equal("MISS", await door.StatusAsync(path: "/a/x=1"));
        door.Advance(1);
        Assert.Equal("HIT", await door.StatusAsync(path: "/a?x=1"));
        Assert.Equal("MISS", await door.StatusAsync(path: "/" + new string('k', 7000)));
    }

    private static (int Status, string? Cache) Of(Support.RawResponse answer) => (answer.Status, answer.Headers["X-Cache"]);
}
