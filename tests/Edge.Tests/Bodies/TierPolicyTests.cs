using System.Text.Json.Nodes;
using Edge.Tests.Identity;

namespace Edge.Tests.Bodies;

/// <summary>What callers of a tier may ask for.</summary>
public sealed class TierPolicyTests
{
    private const string Tiers =
        "{ free: { models: [gpt-3.5-turbo, \"llama-*\"], requestTokensMax: 1000, upgradeUrl: \"https://example.com/up\", "
        + "aliases: { fast: gpt-3.5-turbo } }, starter: { aliases: { fast: gpt-4o-mini, \"gpt-3*\": gpt-4o-mini } } }";

    private const string Ann = "X-Api-Key: " + Consumers.AnnKey + "\r\n";
    private const string Bob = "X-Api-Key: " + Consumers.BobKey + "\r\n";

    [Theory]
    [InlineData("\"gpt-3.5-turbo\"", 200)]
    [InlineData("\"llama-3-70b\"", 200)]
    [InlineData("\"fast\"", 200)]
    [InlineData("\"gpt-4\"", 403)]
    [InlineData("\"gpt-3.5-turbo-16k\"", 403)]
    [InlineData("\"GPT-3.5-turbo\"", 403)]
    [InlineData("\"\"", 403)]
    [InlineData("[\"gpt-3.5-turbo\"]", 403)]
    [InlineData("\"gpt\\u002d4\"", 403)]
    [InlineData("\"gpt-3.5-turb\\u006f\"", 200)]
    public async Task A_tier_has_its_models(string model, int status)
    {
        await using var door = await BodyDoor.OpenAsync(tiers: Tiers);
        foreach (var path in (string[])["/v1/chat/completions", "/v1/embeddings", "/v1/something/else", "/v1/messages"])
        {
            var answer = await door.PostAsync($"{{\"model\":{model}}}", Bob, path);
            Assert.Equal(status, answer.Status);
        }

        Assert.Equal(status == 200 ? 4 : 0, door.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("gpt-4-tu\\u0072bo", "llama-3-7\\u0030b", 403)]
    [InlineData("gpt-4-tu\\u0072bo", "gpt-3.5-turb\\u006f", 403)]
    [InlineData("gpt-3.5-turb\\u006f", "two\\nlines", 200)]
    [InlineData("llama-3-7\\u0030b", "gpt-4-tu\\u0072bo", 200)]
    public async Task What_the_prompt_says_is_not_taken_for_the_model(string model, string content, int status)
    {
        foreach (var estimate in (string[])["chars4", "calibrated"])
        {
            await using var door = await BodyDoor.OpenAsync(chat: $", estimate: {estimate}", tiers: Tiers);
            var answer = await door.PostAsync(
                $"{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"{content}\"}}]}}", Bob);
            Assert.Equal(status, answer.Status);
            Assert.Equal(status == 200 ? 1 : 0, door.Upstream.Requests.Count);
        }
    }

    [Fact]
    public async Task A_refusal_names_tier_models_and_where_to_get_more()
    {
        await using var door = await BodyDoor.OpenAsync(tiers: Tiers);
        var error = JsonNode.Parse((await door.PostAsync("{\"model\":\"gpt-4\"}", Bob)).Text)!["error"]!;
        Assert.Equal("model_forbidden", (string)error["code"]!);
        Assert.Equal("permission_error", (string)error["type"]!);
        Assert.Equal("/model", (string)error["param"]!);
        Assert.Equal("free", (string)error["current_tier"]!);
        Assert.Equal("https://example.com/up", (string)error["upgrade_url"]!);
        Assert.Equal(["gpt-3.5-turbo", "llama-*"], error["allowed_models"]!.AsArray().Select(m => (string)m!));
    }

    [Theory]
    [InlineData(4 * 744, 256, 200)]
    [InlineData((4 * 744) + 1, 256, 429)]
    public async Task A_request_has_at_most_so_many_tokens(int chars, int answer, int status)
    {
        await using var door = await BodyDoor.OpenAsync(tiers: Tiers);
        var body = "{\"model\":\"fast\",\"max_tokens\":" + answer
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + new string('x', chars) + "\"}]}";
        var response = await door.PostAsync(body, Bob);
        Assert.Equal(status, response.Status);
        if (status == 429)
        {
            var error = JsonNode.Parse(response.Text)!["error"]!;
            Assert.Equal("request_tokens_exceeded", (string)error["code"]!);
            Assert.Equal("tokens", (string)error["type"]!);
            Assert.Equal(1001, (int)error["estimated_tokens"]!);
            Assert.Equal(1000, (int)error["limit"]!);
            Assert.Equal("free", (string)error["current_tier"]!);
            Assert.Equal("false", response.Headers["x-should-retry"]);
        }
    }

    [Fact]
    public async Task A_tier_routes_models()
    {
        await using var door = await BodyDoor.OpenAsync(tiers: Tiers);
        await door.PostAsync("{\"model\":\"fast\"}", Bob);
        Assert.Equal("{\"model\":\"gpt-3.5-turbo\"}", door.Seen);
        await door.PostAsync("{\"model\":\"fast\"}", Ann);
        Assert.Equal("{\"model\":\"gpt-4o-mini\"}", door.Seen);
        await door.PostAsync("{\"model\":\"gpt-3.5-turbo\"}", Ann);
        Assert.Equal("{\"model\":\"gpt-4o-mini\"}", door.Seen);
        await door.PostAsync("{\"model\":\"gpt-4\"}", Ann);
        Assert.Equal("{\"model\":\"gpt-4\"}", door.Seen);
    }

    [Fact]
    public async Task What_can_not_be_read_is_no_way_around_the_models_of_a_tier()
    {
        await using var door = await BodyDoor.OpenAsync(tiers: Tiers);
        Assert.Equal(415, (await door.PostAsync("model=gpt-4", Bob, "/v1/images", "multipart/form-data; boundary=x")).Status);
        Assert.Equal(415, (await door.PostAsync("x", Bob + "Content-Encoding: gzip\r\n", "/v1/chat/completions")).Status);
        Assert.Empty(door.Upstream.Requests);
        Assert.Equal(200, (await door.PostAsync("anything", path: "/v1/images", type: "text/plain")).Status);
    }
}
