using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

public sealed class TelemetryErrorTests
{
    [Theory]
    [InlineData("telemetry: { explain: {} }", "9:23: key 'tiers' is missing: the tiers whose callers are answered")]
    [InlineData(
        "telemetry: { otlp: { endpoint: \"http://a:1\", logs: [program, access] } }",
        "9:62: there is no accessLog to send; write one, to: /dev/null where nobody else reads it")]
    [InlineData("telemetry: { explain: { tiers: [] } }", "9:32: the list is empty; it needs at least 1 item")]
    [InlineData(
        "telemetry: { explain: { tiers: [gold] } }\ntiers: { golden: {} }",
        "9:33: 'gold' is not a tier; known: golden")]
    public void What_is_wrong_with_telemetry_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(written)));

    [Theory]
    [InlineData(
        "defaults: { slo: {} }", "9:18: there is no objective here; write availability or firstToken, or none")]
    [InlineData(
        "defaults: { slo: { availability: 100% } }",
        "9:34: an objective lies between 0% and 100%, both excluded; write 99.9%, for example")]
    [InlineData(
        "defaults: { slo: { firstToken: { within: 2s, share: 0% } } }",
        "9:53: an objective lies between 0% and 100%, both excluded; write 99.9%, for example")]
    [InlineData(
        "defaults: { slo: { firstToken: { share: 95% } } }",
        "9:32: key 'within' is missing: the longest that one may take")]
    public void What_is_wrong_with_objectives_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(written)));

    [Fact]
    public void Objectives_are_what_the_file_says()
    {
        Assert.Null(Samples.Plan(Samples.WithLine("defaults: { slo: none }")).Routes[0].Slo);
        Assert.Equal(
            new SloPlan(0.999, null, 0),
            Samples.Plan(Samples.WithLine("defaults: { slo: { availability: 99.9% } }")).Routes[0].Slo);
        Assert.Equal(
            new SloPlan(null, TimeSpan.FromSeconds(2), 0.99),
            Samples.Plan(Samples.WithLine("defaults: { slo: { firstToken: { within: 2s } } }")).Routes[0].Slo);
    }

    [Fact]
    public void At_most_five_hundred_routes_have_objectives()
    {
        Assert.All(Samples.Plan(Routes(500)).Routes, static route => Assert.Equal(0.99, route.Slo?.Availability));
        Assert.Equal(
            "6:18: at most 500 routes can have objectives; leave out those that nobody is paged for",
            Samples.Errors(Routes(501)));
    }

    private static string Routes(int count) =>
        """
        listeners:
          - address: 0.0.0.0:8080
        upstreams:
          openai:
            targets: [https://api.openai.com]
        defaults: { slo: { availability: 99% } }
        routes:

        """ + string.Concat(Enumerable.Range(0, count).Select(static i =>
            $"  - {{ name: r{i}, match: {{ path: /r{i} }}, upstream: openai }}\n"));
}
