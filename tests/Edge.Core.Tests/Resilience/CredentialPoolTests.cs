using System.Text;
using Edge.Core.Http;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

public sealed class CredentialPoolTests
{
    private const long Second = 1_000_000_000;
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_those_of_which_nothing_is_known_each_has_its_turn()
    {
        var pool = new CredentialPool(3);
        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(_ => Use(pool, 1)));
    }

    [Fact]
    public void The_one_with_most_room_is_taken_and_what_is_under_way_counts()
    {
        var pool = new CredentialPool(2);
        Tell(pool, 0, requests: new RoomFigures(100, 20, TimeSpan.FromSeconds(60)));
        Tell(pool, 1, requests: new RoomFigures(100, 25, TimeSpan.FromSeconds(60)));
        var counts = new int[2];
        for (var i = 0; i < 35; i++) counts[pool.Pick(1, Second, out _)]++;
        Assert.Equal([15, 20], counts);
    }

    [Fact]
    public void The_tighter_of_requests_and_tokens_is_the_room()
    {
        var pool = new CredentialPool(2);
        var minute = TimeSpan.FromMinutes(1);
        Tell(pool, 0, new RoomFigures(100, 90, minute), new RoomFigures(10_000, 500, minute));
        Tell(pool, 1, new RoomFigures(100, 50, minute), new RoomFigures(10_000, 9_000, minute));
        Assert.Equal(1, pool.Pick(1, Second, out _));
    }

    [Fact]
    public void When_its_time_is_up_all_room_is_there_again()
    {
        var pool = new CredentialPool(2);
        Tell(pool, 0, new RoomFigures(100, 0, TimeSpan.FromSeconds(10)));
        Tell(pool, 1, new RoomFigures(100, 50, TimeSpan.FromSeconds(60)));
        Assert.Equal(1, Use(pool, (11 * Second) - 1));
        Assert.Equal(0, Use(pool, 11 * Second));
    }

    [Theory]
    [InlineData(429, null, 1)]
    [InlineData(429, 0, 1)]
    [InlineData(429, 7, 7)]
    [InlineData(429, 60, 60)]
    [InlineData(429, 61, 60)]
    [InlineData(401, null, 60)]
    public void One_that_is_turned_away_rests_within_bounds_and_the_others_go_on(int status, int? retryAfter, int seconds)
    {
        var pool = new CredentialPool(2);
        var number = pool.Pick(1, Second, out _);
        TimeSpan? asked = retryAfter is { } after ? TimeSpan.FromSeconds(after) : null;
        Assert.True(pool.Answered(number, status, default, asked, Second));
        pool.End(number, 1);
        var until = (1 + seconds) * Second;
        for (var i = 0; i < 5; i++) Assert.Equal(1 - number, Use(pool, until - 1));
        Assert.Contains(number, new[] { Use(pool, until), Use(pool, until) });
    }

    [Fact]
    public void Where_all_rest_it_says_how_long_until_the_first_has()
    {
        var pool = new CredentialPool(2);
        pool.Answered(0, 429, default, TimeSpan.FromSeconds(9), Second);
        pool.Answered(1, 429, default, TimeSpan.FromSeconds(4), Second);
        Assert.Equal(-1, pool.Pick(1, 2 * Second, out var wait));
        Assert.Equal(3 * Second, wait);
        Assert.Equal((8 * Second, 1L), (pool.StateOf(0, 2 * Second).RestNs, pool.StateOf(0, 2 * Second).Rejections));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(500)]
    [InlineData(529)]
    public void Other_answers_are_not_about_the_credential(int status)
    {
        var pool = new CredentialPool(2);
        Assert.False(pool.Answered(0, status, default, TimeSpan.FromSeconds(9), Second));
        Assert.Equal(0, pool.StateOf(0, Second).RestNs);
    }

    [Fact]
    public void What_OpenAI_says_is_understood()
    {
        var room = Read(
            "x-ratelimit-limit-requests: 5000\r\nX-RateLimit-Remaining-Requests: 4999\r\nx-ratelimit-reset-requests: 12ms\r\n"
            + "x-ratelimit-limit-tokens: 160000\r\nx-ratelimit-remaining-tokens: 159976\r\nx-ratelimit-reset-tokens: 6m0s\r\n");
        Assert.Equal(new RoomFigures(5000, 4999, TimeSpan.FromMilliseconds(12)), room.Requests);
        Assert.Equal(new RoomFigures(160000, 159976, TimeSpan.FromMinutes(6)), room.Tokens);
    }

    [Fact]
    public void What_Anthropic_says_is_understood_and_the_tightest_of_its_tokens_counts()
    {
        var room = Read(
            "anthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-requests-remaining: 49\r\n"
            + "anthropic-ratelimit-requests-reset: 2026-01-01T00:00:30Z\r\n"
            + "anthropic-ratelimit-input-tokens-limit: 1000\r\nanthropic-ratelimit-input-tokens-remaining: 900\r\n"
            + "anthropic-ratelimit-output-tokens-limit: 1000\r\nanthropic-ratelimit-output-tokens-remaining: 100\r\n"
            + "anthropic-ratelimit-output-tokens-reset: 2026-01-01T00:01:00+00:00\r\n");
        Assert.Equal(new RoomFigures(50, 49, TimeSpan.FromSeconds(30)), room.Requests);
        Assert.Equal(new RoomFigures(1000, 100, TimeSpan.FromMinutes(1)), room.Tokens);
    }

    [Theory]
    [InlineData("x-ratelimit-remaining-requests: many\r\n")]
    [InlineData("x-ratelimit-remaining-requests: -1\r\n")]
    [InlineData("x-ratelimit-remaining-requests: 99999999999999999999\r\n")]
    [InlineData("x-ratelimit-remaining-bananas: 5\r\n")]
    [InlineData("x-ratelimit-requests: 5\r\n")]
    [InlineData("x-ratelimit-limit-requests: 5\r\nx-ratelimit-reset-requests: 5s\r\n")]
    [InlineData("anthropic-ratelimit-requests: 5\r\n")]
    public void What_is_not_understood_is_as_good_as_nothing(string fields) => Assert.Null(Read(fields).Requests);

    [Theory]
    [InlineData("12ms", 12)]
    [InlineData("1s", 1000)]
    [InlineData("1.5s", 1500)]
    [InlineData("2m30s", 150_000)]
    [InlineData("1h2m3s", 3_723_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("", null)]
    [InlineData("5", null)]
    [InlineData("5x", null)]
    [InlineData("s", null)]
    [InlineData("-5s", null)]
    [InlineData("1e9h", null)]
    [InlineData("99999999999999999999999d", null)]
    public void Durations_are_read(string text, int? ms) =>
        Assert.Equal(
            ms is { } number ? TimeSpan.FromMilliseconds(number) : null,
            ProviderRoom.ReadDuration(Encoding.ASCII.GetBytes(text)));

    private static ProviderRoom Read(string fields)
    {
        var bytes = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{fields}\r\n");
        var head = new ResponseHead(bytes.Length + 1);
        Assert.Equal(ParseStatus.Complete, head.Parse(bytes, out _));
        return ProviderRoom.Read(head, bytes, Now);
    }

    private static int Use(CredentialPool pool, long nowNs)
    {
        var number = pool.Pick(1, nowNs, out _);
        pool.End(number, 1);
        return number;
    }

    private static void Tell(CredentialPool pool, int number, RoomFigures requests, RoomFigures? tokens = null) =>
        Assert.False(pool.Answered(number, 200, new ProviderRoom(requests, tokens), null, Second));
}
