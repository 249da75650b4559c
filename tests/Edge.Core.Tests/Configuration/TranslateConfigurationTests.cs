using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

public sealed class TranslateConfigurationTests
{
    private static ConfigurationResult Load(string route = "", string upstream = "", string defaults = "{}") =>
        ConfigurationLoader.LoadText(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            defaults: {{defaults}}
            upstreams: { llm: { targets: [http://127.0.0.1:1]{{upstream}} } }
            routes: [{ name: chat, upstream: llm{{route}} }]
            """,
            "edge.yaml", new FakeSource());

    private static string Error(ConfigurationResult result) => Assert.Single(result.Diagnostics).Message;

    [Fact]
    public void A_route_translates_unless_it_says_otherwise() =>
        Assert.Equal(
            new TranslatePlan { MaxTokens = 4096, DropsUnsupported = false }, Load().Plan!.Routes[0].Translate);

    [Theory]
    [InlineData(", translate: none", "{}", null, false)]
    [InlineData(", translate: { maxTokens: 7, unsupported: drop }", "{}", 7, true)]
    [InlineData("", "{ translate: { unsupported: drop } }", 4096, true)]
    [InlineData("", "{ translate: none }", null, false)]
    [InlineData(", translate: {}", "{ translate: none }", 4096, false)]
    public void What_the_file_says_holds(string route, string defaults, int? maxTokens, bool drops)
    {
        var plan = Load(route, defaults: defaults).Plan!.Routes[0].Translate;
        Assert.Equal((maxTokens, drops), (plan?.MaxTokens, plan?.DropsUnsupported ?? false));
    }

    [Theory]
    [InlineData(", translate: { maxTokens: 0 }", "from 1 to")]
    [InlineData(", translate: { unsupported: ignore }", "refuse or drop")]
    [InlineData(", translate: { unsuported: drop }", "unsupported")]
    public void What_it_cannot_say_is_an_error(string route, string part) =>
        Assert.Contains(part, Error(Load(route)), StringComparison.Ordinal);

    [Theory]
    [InlineData("2024-10-21")]
    [InlineData("2025-04-01-preview")]
    public void Azures_version_is_read(string version) =>
        Assert.Equal(
            new AzurePlan(version),
            Load(upstream: $", dialect: openai, azure: {{ apiVersion: {version} }}").Plan!.Routes[0].Upstream.Azure);

    [Theory]
    [InlineData(", dialect: openai, azure: {}", "apiVersion")]
    [InlineData(", dialect: openai, azure: { apiVersion: latest }", "version of the API")]
    [InlineData(", dialect: openai, azure: { apiVersion: \"2024-13-01\" }", "version of the API")]
    [InlineData(", dialect: openai, azure: { apiVersion: \"2024-10-21&x=y\" }", "version of the API")]
    [InlineData(", dialect: anthropic, azure: { apiVersion: 2024-10-21 }", "dialect: openai")]
    [InlineData(", azure: { apiVersion: 2024-10-21 }", "dialect: openai")]
    public void What_is_not_Azure_is_an_error(string upstream, string part) =>
        Assert.Contains(part, Error(Load(upstream: upstream)), StringComparison.Ordinal);

    [Theory]
    [InlineData("gpt-4o", true)]
    [InlineData("gpt_4.1-Mini", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a?b", false)]
    [InlineData("ä", false)]
    [InlineData("a\r\nb", false)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234", false)]
    public void A_deployment_has_a_name_that_can_stand_in_a_path(string name, bool expected) =>
        Assert.Equal(expected, AzurePlan.IsDeployment(name));

    [Theory]
    [InlineData("/v1/chat/completions", "chat/completions")]
    [InlineData("/team/v1/embeddings/", "embeddings")]
    [InlineData("/chat/completions", "chat/completions")]
    public void What_is_asked_of_a_deployment_stands_behind_the_version(string path, string expected) =>
        Assert.Equal(expected, AzurePlan.OperationOf(path).ToString());
}
