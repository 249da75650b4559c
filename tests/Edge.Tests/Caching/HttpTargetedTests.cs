namespace Edge.Tests.Caching;

/// <summary>Fields of answers that are for caches like this one alone (RFC 9213).</summary>
public sealed class HttpTargetedTests
{
    [Theory]
    [InlineData("CDN-Cache-Control: max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10", 10, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=10|Age: 1", 9, "MISS")]
    [InlineData("cdn-cache-control: foobar, max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: foobar|CDN-Cache-Control: max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10|CDN-Cache-Control: max-age=3", 3, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=99999999999", 100, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10|Cache-Control: max-age=1", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=1|Cache-Control: max-age=10", 1, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=1|Cache-Control: s-maxage=10", 1, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=10|Cache-Control: no-store", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10|Cache-Control: private", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10|Cache-Control: no-cache", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10|Expires: 0", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10|Expires: {now-5}|Date: {now}", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=0|Expires: {now+10}|Date: {now}", 0, "MISS")]
    [InlineData("CDN-Cache-Control: none|Cache-Control: max-age=10|Expires: {now+10}|Date: {now}", 0, "MISS")]
    [InlineData("CDN-Cache-Control: no-store|Cache-Control: max-age=10", 0, "MISS")]
    [InlineData("CDN-Cache-Control: no-store, max-age=10|Cache-Control: max-age=10", 0, "MISS")]
    [InlineData("CDN-Cache-Control: no-cache, max-age=10|Cache-Control: max-age=10", 0, "MISS")]
    [InlineData("CDN-Cache-Control: private, max-age=10|Cache-Control: max-age=10", 0, "MISS")]
    [InlineData("CDN-Cache-Control: private=\"a\", max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10, no-store=1", 0, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=\"10\"|Cache-Control: max-age=10", 0, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=\"10\"|Cache-Control: no-store", 0, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=10|Set-Cookie: a=b", 0, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=10|Cache-Control: public|Set-Cookie: a=b", 0, "MISS")]
    [InlineData("CDN-Cache-Control: max-age=10, public|Set-Cookie: a=b", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age=10, &&&&&|Cache-Control: no-store", 0, "MISS")]
    [InlineData("CDN-Cache-Control: no-store, &&&&&|Cache-Control: max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: no-store|CDN-Cache-Control: &&&&&|Cache-Control: max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: |Cache-Control: max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: No-Store|Cache-Control: max-age=10", 9, "HIT")]
    [InlineData("CDN-Cache-Control: max-age =10|Cache-Control: max-age=3", 3, "MISS")]
    [InlineData("Example-Cache-Control: max-age=10", 0, "MISS")]
    [InlineData("Surrogate-Control: max-age=10", 0, "MISS")]
    public async Task What_is_for_caches_like_this_one_counts_instead(string headers, int seconds, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(headers);
        await door.AssertSecondAsync(seconds, second);
    }

    [Theory]
    [InlineData("[]", "MISS")]
    [InlineData("[Example-Cache-Control]", "MISS")]
    [InlineData("[CDN-Cache-Control]", "HIT")]
    [InlineData("[Example-Cache-Control, CDN-Cache-Control]", "HIT")]
    [InlineData("[Edge-Cache-Control, CDN-Cache-Control]", "MISS")]
    [InlineData("[Broken-Cache-Control, CDN-Cache-Control, Edge-Cache-Control]", "HIT")]
    public async Task The_file_says_which_fields_those_are_and_the_first_that_says_something_counts(string fields, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            "Cache-Control: no-store|Edge-Cache-Control: no-store|CDN-Cache-Control: max-age=10|Broken-Cache-Control: A",
            $"scope: public, targetedFields: {fields}");
        await door.AskAsync();
        door.Advance(1);
        Assert.Equal(second, await door.StatusAsync());
    }

    [Fact]
    public async Task They_are_passed_on_from_the_upstream_and_from_memory()
    {
        await using var door = await HttpCacheDoor.OpenAsync("CDN-Cache-Control: max-age=10;a=b, foo|Cache-Control: max-age=1");
        foreach (var status in new[] { "MISS", "HIT" })
        {
            var answer = await door.AskAsync();
            Assert.Equal(
                (status, "max-age=10;a=b, foo", "max-age=1"),
                (answer.Headers["X-Cache"], answer.Headers["CDN-Cache-Control"], answer.Headers["Cache-Control"]));
            door.Advance(1);
        }
    }

    [Fact]
    public async Task A_304_brings_them_up_to_date()
    {
        await using var door = await HttpCacheDoor.OpenAsync(static (_, number) => number switch
        {
            0 => "CDN-Cache-Control: max-age=2|ETag: \"a\"",
            1 => "HTTP/1.1 304 Not Modified|Cache-Control: no-store||",
            2 => "HTTP/1.1 304 Not Modified|CDN-Cache-Control: max-age=5||",
            _ => "HTTP/1.1 304 Not Modified|CDN-Cache-Control: no-store||",
        });
        await door.AskAsync();
        foreach (var seconds in new[] { 2, 2, 5 })
        {
            door.Advance(seconds - 0.001);
            Assert.Equal("HIT", await door.StatusAsync());
            door.Advance(0.001);
            Assert.Equal("REVALIDATED", await door.StatusAsync());
        }

        Assert.Equal(4, door.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("CDN-Cache-Control: max-age=10, no-cache=\"A, B\"", null, null)]
    [InlineData("CDN-Cache-Control: max-age=10, private=\"A\"|Cache-Control: private=\"B\"", null, "2")]
    [InlineData("CDN-Cache-Control: max-age=10|Cache-Control: no-cache=\"A\"", "1", "2")]
    public async Task What_they_name_is_not_kept(string headers, string? a, string? b)
    {
        await using var door = await HttpCacheDoor.OpenAsync(headers + "|A: 1|B: 2");
        var first = await door.AskAsync();
        Assert.Equal(("1", "2"), (first.Headers["A"], first.Headers["B"]));
        var second = await door.AskAsync();
        Assert.Equal(("HIT", a, b), (second.Headers["X-Cache"], second.Headers["A"], second.Headers["B"]));
    }

    [Theory]
    [InlineData("CDN-Cache-Control: max-age=10|Cache-Control: public", "MISS")]
    [InlineData("CDN-Cache-Control: max-age=10, must-revalidate", "HIT")]
    [InlineData("CDN-Cache-Control: s-maxage=10", "HIT")]
    public async Task Answers_to_a_credential_are_for_all_by_their_word(string headers, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(headers);
        await door.AskAsync("Authorization: Basic YTpi|");
        Assert.Equal(second, await door.StatusAsync());
    }

    [Theory]
    [InlineData("stale-while-revalidate=5", "HIT")]
    [InlineData("stale-while-revalidate=5, must-revalidate", "MISS")]
    [InlineData("stale-while-revalidate=\"5\"", "MISS")]
    public async Task They_say_what_may_be_given_when_it_is_too_old(string says, string second)
    {
        await using var door = await HttpCacheDoor.OpenAsync(
            $"CDN-Cache-Control: max-age=2, {says}|Cache-Control: max-age=2, stale-while-revalidate=50");
        await door.AskAsync();
        door.Advance(3);
        Assert.Equal(second, await door.StatusAsync());
    }
}
