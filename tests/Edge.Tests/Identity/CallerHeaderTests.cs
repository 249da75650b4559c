using System.Text;

namespace Edge.Tests.Identity;

/// <summary>What an upstream and a caller are told of who called.</summary>
public sealed class CallerHeaderTests
{
    private const string Set =
        ", request: { headers: { set: { X-Consumer-ID: \"{caller.id}\", X_Consumer_Email: \"<{caller.email}>\", " +
        "X-Consumer-Tier: \"{caller.tier}\" }, add: { X-Who: \"{caller.customId}/{caller.scopes}\" } } }";

    [Fact]
    public async Task Headers_are_filled_with_what_is_known_of_the_caller()
    {
        await using var door = await Consumers.OpenAsync(
            route: Set + ", response: { headers: { set: { X-You: \"{caller.id}\" } } }",
            upstream: "headers: { set: { X-By: \"{caller.id}\" } }");
        var response = await Consumers.SendAsync(door, "X-Api-Key: key-of-ann\r\n");
        Assert.Equal("ann", response.Headers["X-You"]);
        var head = await door.SeenHeadAsync();
        Assert.Contains("\r\nX-Consumer-ID: ann\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX_Consumer_Email: <ann@example.com>\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Consumer-Tier: starter\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Who: c-1/chat.read chat.write\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-By: ann\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Consumer-ID: admin\r\n")]
    [InlineData("x-consumer-id: admin\r\n")]
    [InlineData("X_Consumer_ID: admin\r\n")]
    [InlineData("X-Consumer_ID: admin\r\n")]
    [InlineData("X-Consumer-Email: admin\r\n")]
    [InlineData("X_Consumer_Email: admin\r\n")]
    [InlineData("X-Consumer_Email: admin\r\n")]
    [InlineData("X-Consumer-Tier: admin\r\n")]
    public async Task A_caller_can_not_say_it_of_itself(string header)
    {
        await using var door = await Consumers.OpenAsync(more: ", anonymous: {}", route: Set);
        await Consumers.SendAsync(door, "X-Api-Key: key-of-bob\r\n" + header);
        await Consumers.SendAsync(door, header);
        var seen = await door.SeenAsync();
        Assert.Equal(2, seen.Count);
        Assert.All(seen, r => Assert.DoesNotContain("admin", Encoding.Latin1.GetString(r.Head), StringComparison.Ordinal));
        Assert.False(seen[1].Headers.Contains("X-Consumer-ID"));
    }

    [Fact]
    public async Task A_header_without_a_value_is_left_out_and_a_request_id_is_put_in()
    {
        await using var door = await Consumers.OpenAsync(
            more: ", anonymous: {}",
            route: ", requestId: { header: X-Id }, " +
            "request: { headers: { set: { X-A: \"{caller.id}\", X-B: \"r={request.id}\" } } }, " +
            "response: { headers: { set: { X-C: \"{caller.id}\", Server: \"{caller.email}\" } } }");
        var response = await Consumers.SendAsync(door, "X-Id: r-1\r\n");
        Assert.False(response.Headers.Contains("X-C"));
        var head = await door.SeenHeadAsync();
        Assert.DoesNotContain("X-A:", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-B: r=r-1\r\n", head, StringComparison.Ordinal);
    }
}
