using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>From where a route may be called: the caller's own address, seen through trusted proxies only.</summary>
public sealed class AddressRuleTests
{
    [Theory]
    [InlineData("allowIps: [127.0.0.0/8]", "", 200)]
    [InlineData("allowIps: [10.0.0.0/8]", "", 403)]
    [InlineData("denyIps: [127.0.0.1]", "", 403)]
    [InlineData("allowIps: [127.0.0.0/8], denyIps: [127.0.0.1]", "", 403)]
    [InlineData("allowIps: [\"::ffff:127.0.0.1\"]", "", 200)]
    [InlineData("allowIps: [\"::1\"]", "", 403)]

    // Nobody is trusted here, so that no header makes a difference.
    [InlineData("allowIps: [10.0.0.0/8]", "X-Forwarded-For: 10.1.1.1\r\n", 403)]
    [InlineData("allowIps: [10.0.0.0/8]", "Forwarded: for=10.1.1.1\r\n", 403)]
    [InlineData("denyIps: [127.0.0.1]", "X-Real-IP: 10.1.1.1\r\nX-Forwarded-For: 10.1.1.1\r\n", 403)]
    public async Task A_caller_that_connects_itself_is_known_by_its_connection(string rules, string lines, int status)
    {
        await using var door = await Door.OpenAsync(route: $"authorize: {{ {rules} }}");
        Assert.Equal(status, await StatusAsync(door, lines));
        Assert.Equal(status == 200 ? 1 : 0, (await door.SeenAsync()).Count);
    }

    [Theory]
    [InlineData("X-Forwarded-For: 203.0.113.7\r\n", 200)]
    [InlineData("X-Forwarded-For: 203.0.113.8\r\n", 403)]
    [InlineData("X-Forwarded-For: 203.0.113.7, 203.0.113.8\r\n", 403)]
    [InlineData("X-Forwarded-For: 203.0.113.8, 203.0.113.7\r\n", 200)]
    [InlineData("X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 203.0.113.8\r\n", 403)]
    [InlineData("X-Forwarded-For: 203.0.113.8, ::ffff:203.0.113.7\r\n", 200)]
    [InlineData("X-Forwarded-For: 203.0.113.7, 127.0.0.1\r\n", 200)]
    [InlineData("X-Forwarded-For: 203.0.113.7,\r\n", 403)]
    [InlineData("X-Forwarded-For: 203.0.113.7, unknown\r\n", 403)]
    [InlineData("X-Forwarded-For: 203.0.113.007\r\n", 403)]
    [InlineData("X-Forwarded-For: 3405803783\r\n", 403)]
    [InlineData("X_Forwarded_For: 203.0.113.7\r\n", 403)]
    [InlineData("X-Forwarded-For: 203.0.113.8\r\nForwarded: for=203.0.113.7\r\n", 403)]
    [InlineData("Forwarded: for=203.0.113.7\r\n", 200)]
    [InlineData("Forwarded: for=203.0.113.7, for=203.0.113.8\r\n", 403)]
    [InlineData("Forwarded: for=\"203.0.113.7\", for=\"[2001:db8::1]\"\r\n", 403)]
    [InlineData("", 403)]
    public async Task Behind_a_trusted_proxy_it_is_whom_the_proxy_saw(string lines, int status)
    {
        await using var door = await Door.OpenAsync(
            route: "authorize: { allowIps: [203.0.113.7] }", top: "trustedProxies: [127.0.0.1]");
        Assert.Equal(status, await StatusAsync(door, lines));
    }

    [Fact]
    public async Task A_refusal_has_its_code_and_pages_may_read_it()
    {
        await using var door = await Door.OpenAsync(
            route: "authorize: { denyIps: [127.0.0.1] }, cors: { origins: [https://a.example] }");
        var answer = await RawHttpClient.ExchangeAsync(
            door.Endpoint, "GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n");
        Assert.Equal(403, answer.Status);
        Assert.Contains("address_forbidden", answer.Text, StringComparison.Ordinal);
        Assert.Equal("https://a.example", answer.Headers["Access-Control-Allow-Origin"]);
    }

    private static async Task<int> StatusAsync(Door door, string lines) =>
        (await RawHttpClient.ExchangeAsync(door.Endpoint, $"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")).Status;
}
