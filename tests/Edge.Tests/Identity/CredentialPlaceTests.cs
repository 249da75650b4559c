using System.Text;
using Edge.Tests.Callers;

namespace Edge.Tests.Identity;

/// <summary>Where a credential is looked for, and that it ends at the door.</summary>
public sealed class CredentialPlaceTests
{
    private const string Everywhere = "[authorization, x-api-key, api-key, \"header:X-Key\", \"query:jwt\", \"cookie:jwt\"]";

    [Theory]
    [InlineData("Authorization: Bearer key-of-ann\r\n", "/")]
    [InlineData("Authorization: bearer key-of-ann\r\n", "/")]
    [InlineData("Authorization: BEARER    key-of-ann\r\n", "/")]
    [InlineData("authorization:Bearer key-of-ann\r\n", "/")]
    [InlineData("X-Api-Key: key-of-ann\r\n", "/")]
    [InlineData("x-api-key: key-of-ann\r\n", "/")]
    [InlineData("api-key: key-of-ann\r\n", "/")]
    [InlineData("X-Key: key-of-ann\r\n", "/")]
    [InlineData("", "/?jwt=key-of-ann")]
    [InlineData("", "/?a=1&jwt=key-of-ann&b=2")]
    [InlineData("", "/?%6awt=key-of-ann")]
    [InlineData("", "/?jwt=key%2Dof%2Dann")]
    [InlineData("", "http://a/?jwt=key-of-ann")]
    [InlineData("Cookie: jwt=key-of-ann\r\n", "/")]
    [InlineData("Cookie: a=1; jwt=\"key-of-ann\"; b=2\r\n", "/")]
    [InlineData("Cookie: a=1\r\nCookie: jwt=key-of-ann\r\n", "/")]
    [InlineData("Cookie: jwt=key-of-ann; jwt=key-of-ann\r\n", "/")]
    [InlineData("Authorization: Bearer key-of-ann\r\nX-Api-Key: key-of-ann\r\n", "/?jwt=key-of-ann")]
    [InlineData("Authorization: Basic YTpi\r\nX-Api-Key: key-of-ann\r\n", "/")]
    public async Task A_key_is_found_where_the_route_says_and_never_forwarded(string headers, string target)
    {
        await using var door = await Consumers.OpenAsync(Everywhere);
        Assert.Equal(200, (await Consumers.SendAsync(door, headers, target)).Status);
        var head = await door.SeenHeadAsync();
        Assert.DoesNotContain("key", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("jwt", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Authorization", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("X_Api_Key: key-of-ann\r\n")]
    [InlineData("Authorization: key-of-ann\r\n")]
    [InlineData("Authorization: Bearerkey-of-ann\r\n")]
    [InlineData("Authorization: Basic key-of-ann\r\n")]
    [InlineData("X-Api-Key: Bearer key-of-ann\r\n")]
    [InlineData("Proxy-Authorization: Bearer key-of-ann\r\n")]
    [InlineData("Cookie: xjwt=key-of-ann; JWT=key-of-ann\r\n")]
    [InlineData("", "/?JWT=key-of-ann")]
    [InlineData("", "/jwt=key-of-ann")]
    [InlineData("", "/?a=1;jwt=key-of-ann")]
    [InlineData("Authorization: Bearer \r\n")]
    [InlineData("X-Api-Key:\r\n")]
    [InlineData("Authorization: Bearer key-of-ann, Bearer key-of-ann\r\n")]
    [InlineData("Authorization: Bearer key-of-ann x\r\n")]
    public async Task What_stands_elsewhere_or_otherwise_is_no_credential(string headers, string target = "/")
    {
        await using var door = await Consumers.OpenAsync(Everywhere);
        var response = await Consumers.SendAsync(door, headers, target);
        Assert.Equal(401, response.Status);
        Assert.StartsWith("Bearer ", response.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.DoesNotContain("key-of-ann", response.Text, StringComparison.Ordinal);
        Assert.Empty(await door.SeenAsync());
    }

    [Theory]
    [InlineData("Authorization: Bearer key-of-ann\r\nX-Api-Key: key-of-bob\r\n", "/")]
    [InlineData("Authorization: Bearer key-of-ann\r\nAuthorization: Bearer key-of-bob\r\n", "/")]
    [InlineData("X-Api-Key: key-of-ann\r\nX-Api-Key: x\r\n", "/")]
    [InlineData("X-Api-Key: key-of-ann\r\n", "/?jwt=x")]
    [InlineData("", "/?jwt=key-of-ann&jwt=key-of-bob")]
    [InlineData("", "/?jwt=key-of-ann&%6Awt=key-of-bob")]
    [InlineData("Cookie: jwt=key-of-ann; jwt=key-of-bob\r\n", "/")]
    [InlineData("Cookie: jwt=key-of-ann\r\nCookie: jwt=x\r\n", "/")]
    public async Task Several_credentials_that_differ_are_refused(string headers, string target)
    {
        await using var door = await Consumers.OpenAsync(Everywhere);
        var response = await Consumers.SendAsync(door, headers, target);
        Assert.Equal(400, response.Status);
        Assert.Contains("error=\"invalid_request\"", response.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Empty(await door.SeenAsync());
    }

    [Fact]
    public async Task What_is_not_the_credential_is_forwarded_as_it_came()
    {
        await using var door = await Consumers.OpenAsync(Everywhere);
        await Consumers.SendAsync(
            door, "X-Api-Key: key-of-ann\r\nCookie: a=\"1 2\"; jwt=key-of-ann; b\r\n",
            "/p%2Fq?b=%20+x&jwt=key-of-ann&&a[]=%C3%A9&c");
        var head = await door.SeenHeadAsync();
        Assert.StartsWith("GET /p%2Fq?b=%20+x&&a[]=%C3%A9&c HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nCookie: a=\"1 2\"; b\r\n", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Authorization: Bearer other\r\n")]
    [InlineData("authorization: Basic YTpi\r\n")]
    [InlineData("api-key: other\r\n")]
    [InlineData("api_key: other\r\n")]
    [InlineData("X-Goog-Api-Key: other\r\n")]
    [InlineData("x-key: other\r\n")]
    public async Task No_other_credential_passes_through_a_route_that_asks_for_one(string other)
    {
        await using var door = await Consumers.OpenAsync("[\"query:k\", \"header:X_Key\"]");
        Assert.Equal(200, (await Consumers.SendAsync(door, other, "/?k=key-of-ann")).Status);
        Assert.DoesNotContain("other", await door.SeenHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_that_asks_nobody_forwards_the_callers_credential_as_ever()
    {
        await using var door = await Door.OpenAsync(top: Consumers.Lines);
        await Consumers.SendAsync(door, "Authorization: Bearer other\r\nCookie: jwt=x; a=1\r\n", "/?jwt=x");
        var head = await door.SeenHeadAsync();
        Assert.StartsWith("GET /?jwt=x HTTP/1.1", head, StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer other\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Cookie: jwt=x; a=1\r\n", head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_upstreams_own_credential_takes_the_place_of_the_callers()
    {
        await using var door = await Consumers.OpenAsync(upstream: "dialect: openai, credential: sk-own");
        await Consumers.SendAsync(door, "Authorization: Bearer key-of-ann\r\n");
        var head = await door.SeenHeadAsync();
        Assert.Contains("\r\nAuthorization: Bearer sk-own\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("key-of-ann", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("authorization", "Bearer key-of-ann", "/", "data")]
    [InlineData("x-api-key", "key-of-ann", "/", "data")]
    [InlineData("cookie", "jwt=key-of-ann", "/", "data")]
    [InlineData("x-other", "1", "/?jwt=key-of-ann", "data")]
    public async Task HTTP2_is_no_way_around(string name, string value, string path, string end)
    {
        await using var door = await Consumers.OpenAsync(Everywhere, listener: "h2c: true");
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("GET", path, (name, value), ("cookie", "a=1"), ("cookie", "b=2")));
        Assert.Equal(end, await caller.ReadEndAsync(1));
        await caller.SendHeadersAsync(3, Http2Caller.Request("GET", "/none", ("cookie", "a=1")));
        Assert.Equal(end, await caller.ReadEndAsync(3));
        var head = await door.SeenHeadAsync();
        Assert.DoesNotContain("key-of-ann", head, StringComparison.Ordinal);
        Assert.DoesNotContain("jwt", head, StringComparison.Ordinal);
        Assert.Contains("a=1; b=2\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("DELETE")]
    [InlineData("WHATEVER")]
    public async Task No_method_is_a_way_around(string method)
    {
        await using var door = await Consumers.OpenAsync();
        Assert.Equal(401, (await Consumers.SendAsync(door, method: method)).Status);
        Assert.Empty(await door.SeenAsync());
    }

    [Fact]
    public async Task A_credential_of_the_longest_is_looked_at_and_a_longer_one_is_not()
    {
        await using var door = await Consumers.OpenAsync(listener: "requestHeadersMax: 64KiB");
        foreach (var length in new[] { 16 * 1024, (16 * 1024) + 1 })
        {
            var response = await Consumers.SendAsync(door, $"X-Api-Key: {new string('a', length)}\r\n");
            Assert.Equal(401, response.Status);
        }
    }

    [Fact]
    public async Task A_credential_in_a_trailer_is_none()
    {
        await using var door = await Consumers.OpenAsync();
        var response = await Support.RawHttpClient.ExchangeAsync(
            door.Endpoint,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
            "1\r\nx\r\n0\r\nAuthorization: Bearer key-of-ann\r\n\r\n");
        Assert.Equal(401, response.Status);
    }

    [Fact]
    public void Keys_are_hashed_as_UTF8() =>
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes("test"))),
            Edge.Commands.KeyCommand.HashOf("test"));
}
