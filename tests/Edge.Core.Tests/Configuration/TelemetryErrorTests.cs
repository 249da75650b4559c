namespace Edge.Core.Tests.Configuration;

public sealed class TelemetryErrorTests
{
    [Theory]
    [InlineData("telemetry: { explain: {} }", "9:23: key 'tiers' is missing: the tiers whose callers are answered")]
    [InlineData("telemetry: { explain: { tiers: [] } }", "9:32: the list is empty; it needs at least 1 item")]
    [InlineData(
        "telemetry: { explain: { tiers: [gold] } }\ntiers: { golden: {} }",
        "9:33: 'gold' is not a tier; known: golden")]
    public void What_is_wrong_with_explanations_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(written)));
}
