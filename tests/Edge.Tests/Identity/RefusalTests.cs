using System.Text.Json;

namespace Edge.Tests.Identity;

/// <summary>What callers are told when they are not let in, in the words of each dialect.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("openai", "", 401, "authentication_error", "credential_missing")]
    [InlineData("openai", "X-Api-Key: wrong\r\n", 401, "authentication_error", "invalid_api_key")]
    [InlineData("openai", "X-Api-Key: key-of-bob-0\r\n", 401, "authentication_error", "credential_expired")]
    [InlineData("anthropic", "", 401, "authentication_error", null)]
    [InlineData("anthropic", "X-Api-Key: wrong\r\n", 401, "authentication_error", null)]
    [InlineData("http", "", 401, "urn:edge:problem:credential_missing", null)]
    [InlineData("http", "X-Api-Key: wrong\r\n", 401, "urn:edge:problem:credential_invalid", null)]
    public async Task A_refusal_is_told_in_the_dialect_of_the_route(
        string dialect, string headers, int status, string type, string? code)
    {
        await using var door = await Consumers.OpenAsync(upstream: $"dialect: {dialect}");
        var response = await Consumers.SendAsync(door, headers);
        Assert.Equal(status, response.Status);
        using var json = JsonDocument.Parse(response.Text);
        var error = dialect == "http" ? json.RootElement : json.RootElement.GetProperty("error");
        Assert.Equal(type, error.GetProperty("type").GetString());
        if (code is not null) Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.StartsWith("edge; error=http_request_denied", response.Headers["Proxy-Status"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_challenge_says_nothing_of_an_error_where_there_was_no_credential()
    {
        await using var door = await Consumers.OpenAsync(route: ", authorize: { scopes: [chat.read, chat.admin] }");
        var missing = await Consumers.SendAsync(door);
        Assert.Equal("Bearer realm=\"edge\", scope=\"chat.read chat.admin\"", missing.Headers["WWW-Authenticate"]);
        var wrong = await Consumers.SendAsync(door, "X-Api-Key: wrong\r\n");
        Assert.Contains("error=\"invalid_token\"", wrong.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", wrong.Headers["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_lacks_a_scope_is_told_which()
    {
        await using var door = await Consumers.OpenAsync(
            route: ", authorize: { scopes: [chat.read, chat.admin] }", upstream: "dialect: openai");
        var response = await Consumers.SendAsync(door, "X-Api-Key: key-of-ann\r\n");
        Assert.Equal(403, response.Status);
        Assert.Contains("error=\"insufficient_scope\"", response.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Contains("scope=\"chat.read chat.admin\"", response.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(response.Text);
        var error = json.RootElement.GetProperty("error");
        Assert.Equal("permission_error", error.GetProperty("type").GetString());
        Assert.Equal("chat.admin", error.GetProperty("missing_scopes").GetString());
        Assert.Empty(await door.SeenAsync());
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [InlineData("http")]
    public async Task Whose_tier_does_not_reach_is_told_its_own_and_where_to_get_a_higher_one(string dialect)
    {
        await using var door = await Consumers.OpenAsync(
            route: ", authorize: { tiers: [starter] }", upstream: $"dialect: {dialect}",
            top: "tiers: { free: { upgradeUrl: \"https://example.com/pricing#up\" }, starter: {} }");
        Assert.Equal(200, (await Consumers.SendAsync(door, "X-Api-Key: key-of-ann\r\n")).Status);
        var response = await Consumers.SendAsync(door, "X-Api-Key: key-of-bob\r\n");
        Assert.Equal(403, response.Status);
        using var json = JsonDocument.Parse(response.Text);
        var error = dialect == "http" ? json.RootElement : json.RootElement.GetProperty("error");
        Assert.Equal("free", error.GetProperty("current_tier").GetString());
        Assert.Equal("starter", error.GetProperty("required_tiers").GetString());
        Assert.Equal("https://example.com/pricing#up", error.GetProperty("upgrade_url").GetString());
    }

    [Fact]
    public async Task An_anonymous_caller_has_its_tier_and_a_wrong_credential_does_not_make_one()
    {
        await using var door = await Consumers.OpenAsync(
            more: ", anonymous: { tier: free }", route: ", authorize: { tiers: [free] }");
        Assert.Equal(200, (await Consumers.SendAsync(door)).Status);
        Assert.Equal(200, (await Consumers.SendAsync(door, "X-Api-Key: key-of-bob\r\n")).Status);
        Assert.Equal(403, (await Consumers.SendAsync(door, "X-Api-Key: key-of-ann\r\n")).Status);
        Assert.Equal(401, (await Consumers.SendAsync(door, "X-Api-Key: wrong\r\n")).Status);
        Assert.Equal(401, (await Consumers.SendAsync(door, "X-Api-Key:\r\n")).Status);
    }

    [Fact]
    public async Task Both_keys_of_a_rotation_are_good_and_one_that_expired_is_not()
    {
        await using var door = await Consumers.OpenAsync();
        Assert.Equal(200, (await Consumers.SendAsync(door, "X-Api-Key: key-of-ann\r\n")).Status);
        Assert.Equal(200, (await Consumers.SendAsync(door, "X-Api-Key: key-of-ann-2\r\n")).Status);
        Assert.Equal(401, (await Consumers.SendAsync(door, "X-Api-Key: key-of-bob-0\r\n")).Status);
    }
}
