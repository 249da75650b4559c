using System.Text;
using Edge.Commands;
using Edge.Core.Identity;

namespace Edge.Tests.Identity;

/// <summary>Tokens that consumers sign with their own secrets.</summary>
public sealed class ConsumerTokenTests
{
    [Fact]
    public async Task A_token_speaks_for_the_consumer_whose_secret_signed_it()
    {
        await using var door = await Consumers.OpenAsync(
            route: ", request: { headers: { set: { X-Who: \"{caller.id} {caller.customId} {caller.tier}\", " +
            "X-Dept: \"{caller.claims.dept}\" } } }");
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(200, (await Consumers.SendAsync(door, Bearer(Consumers.Token(claims: "dept=sales")))).Status);
        }

        var seen = await door.SeenAsync();
        Assert.Equal(2, seen.Count);
        Assert.All(seen, r => Assert.Equal("ann c-1 starter", r.Headers["X-Who"]));
        Assert.All(seen, r => Assert.Equal("sales", r.Headers["X-Dept"]));
        Assert.All(seen, r => Assert.False(r.Headers.Contains("Authorization")));
    }

    [Theory]
    [InlineData("{query}")]
    [InlineData("{cookie}")]
    [InlineData("{header}")]
    public async Task A_token_is_found_and_taken_off_like_a_key(string place)
    {
        await using var door = await Consumers.OpenAsync("[authorization, \"query:jwt\", \"cookie:jwt\"]");
        var token = Consumers.Token();
        var headers = place switch
        {
            "{cookie}" => $"Cookie: a=1; jwt={token}\r\n",
            "{header}" => Bearer(token),
            _ => "",
        };
        var response = await Consumers.SendAsync(door, headers, place == "{query}" ? $"/?jwt={token}&a=1" : "/");
        Assert.Equal(200, response.Status);
        Assert.DoesNotContain("eyJ", await door.SeenHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_not_right_is_refused_and_the_reason_is_counted()
    {
        await using var door = await Consumers.OpenAsync(more: ", maximumLifetime: 1h");
        var good = Consumers.Token();
        var parts = good.Split('.');
        var unsigned = Convert.ToBase64String(Encoding.ASCII.GetBytes("{\"alg\":\"none\"}")).TrimEnd('=');
        var cases = new (string Token, string Reason)[]
        {
            ($"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}", "signature_invalid"),
            ($"{unsigned}.{parts[1]}.", "algorithm_none"),
            ($"{unsigned}.{parts[1]}.{parts[2]}", "algorithm_none"),
            (Consumers.Token(kid: "bob-1"), "key_unknown"),
            (Consumers.Token(TimeSpan.FromMinutes(-5)), "expired"),
            (Consumers.Token(TimeSpan.FromHours(2)), "lifetime_too_long"),
            (Consumers.Token(claims: "aud=other"), "audience_mismatch"),
            ($"{parts[0]}.{parts[1]}", "api_key_unknown"),
            ($"e.{parts[1]}.{parts[2]}", "encoding_invalid"),
            ($"{good}.x.y", "token_encrypted"),
        };
        foreach (var (token, reason) in cases)
        {
            var before = Count(door, reason);
            Assert.Equal(401, (await Consumers.SendAsync(door, Bearer(token))).Status);
            Assert.Equal((reason, before + 1), (reason, Count(door, reason)));
        }

        Assert.Equal(200, (await Consumers.SendAsync(door, Bearer(good))).Status);
        Assert.Single(await door.SeenAsync());
    }

    [Fact]
    public async Task A_token_narrows_the_scopes_of_its_consumer_and_never_widens_them()
    {
        await using var door = await Consumers.OpenAsync(route: ", authorize: { scopes: [chat.write] }");
        Assert.Equal(200, (await Consumers.SendAsync(door, Bearer(Consumers.Token()))).Status);
        Assert.Equal(403, (await Consumers.SendAsync(door, Bearer(Consumers.Token(scope: "chat.read")))).Status);
        Assert.Equal(403, (await Consumers.SendAsync(door, Bearer(Consumers.Token(scope: "admin")))).Status);
        await using var other = await Consumers.OpenAsync(route: ", authorize: { scopes: [admin] }");
        Assert.Equal(403, (await Consumers.SendAsync(other, Bearer(Consumers.Token(scope: "admin")))).Status);
    }

    [Fact]
    public async Task Claims_have_to_say_what_the_route_wants()
    {
        await using var door = await Consumers.OpenAsync(route: ", authorize: { claims: { dept: sales } }");
        Assert.Equal(200, (await Consumers.SendAsync(door, Bearer(Consumers.Token(claims: "dept=sales")))).Status);
        Assert.Equal(403, (await Consumers.SendAsync(door, Bearer(Consumers.Token(claims: "dept=sale")))).Status);
        Assert.Equal(403, (await Consumers.SendAsync(door, Bearer(Consumers.Token(claims: "dept=x\nsales")))).Status);
        Assert.Equal(403, (await Consumers.SendAsync(door, Bearer(Consumers.Token()))).Status);
        Assert.Equal(403, (await Consumers.SendAsync(door, "X-Api-Key: key-of-ann\r\n")).Status);
    }

    [Fact]
    public async Task A_claim_can_not_inject_a_header()
    {
        await using var door = await Consumers.OpenAsync(
            route: ", request: { headers: { set: { X-Dept: \"{caller.claims.dept}\" } } }");
        await Consumers.SendAsync(door, Bearer(Consumers.Token(claims: "dept=a\rX-Admin: 1, b é")));
        await Consumers.SendAsync(door, Bearer(Consumers.Token(claims: "dept=a\r\nX-Admin: 1")));
        var seen = await door.SeenAsync();
        Assert.Equal("a%0DX-Admin: 1%2C b %C3%A9", seen[0].Headers["X-Dept"]);
        Assert.All(seen, r => Assert.False(r.Headers.Contains("X-Admin")));
        Assert.False(seen[1].Headers.Contains("X-Dept"));
    }

    [Fact]
    public async Task A_key_with_dots_is_a_key()
    {
        await using var door = await Callers.Door.OpenAsync(
            route: "authenticate: { with: [consumers] }",
            top: $"identity: {{ consumers: {{ a: {{ apiKeys: [{{ name: k, sha256: \"{KeyCommand.HashOf("a.b.c")}\" }}] }} }} }}");
        Assert.Equal(200, (await Consumers.SendAsync(door, "X-Api-Key: a.b.c\r\n")).Status);
        Assert.Equal(401, (await Consumers.SendAsync(door, "X-Api-Key: a.b.d\r\n")).Status);
    }

    [Fact]
    public void A_test_token_says_what_was_asked_for()
    {
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.None, reader.Read(Consumers.Token(scope: "a b", claims: ["x=1", "sub=me", "x=2"])));
        Assert.Equal("me", reader.UnverifiedText("sub"u8));
        Assert.Equal("a b", reader.UnverifiedText("scope"u8));
        Assert.Equal("1", reader.UnverifiedText("x"u8));
    }

    private static string Bearer(string token) => $"Authorization: Bearer {token}\r\n";

    private static long Count(Callers.Door door, string reason) =>
        door.Gateway.Gateway.Counters.Refusals.FirstOrDefault(r => r.Key == reason).Value;
}
