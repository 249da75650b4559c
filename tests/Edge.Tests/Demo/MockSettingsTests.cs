using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Demo;
using Microsoft.AspNetCore.Http;

namespace Edge.Tests.Demo;

public sealed class MockSettingsTests
{
    private readonly MockSettings _settings = new();

    [Fact]
    public void Every_listed_model_is_known()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            MockModels.WriteList(json, Dialect.OpenAI);
        }

        using var list = JsonDocument.Parse(stream.ToArray());
        foreach (var model in list.RootElement.GetProperty("data").EnumerateArray())
        {
            _settings.Reset();
            Assert.Equal(default, _settings.ReadModel(model.GetProperty("id").GetString()!));
        }
    }

    [Fact]
    public void A_models_name_may_carry_settings()
    {
        Assert.True(_settings.ReadModel("mock-slow;gap=7;tokens=20;cut=reset").IsNone);
        Assert.Equal(500, _settings.FirstDelayMs);
        Assert.Equal(7 * TimeSpan.TicksPerMillisecond, _settings.GapTicks);
        Assert.Equal(20, _settings.Tokens);
        Assert.True(_settings.CutByReset);
        Assert.False(_settings.IsPlain);
    }

    [Fact]
    public void A_header_has_the_last_word()
    {
        Assert.True(_settings.ReadModel("mock;tokens=20").IsNone);
        Assert.True(_settings.ReadHeaders(new HeaderDictionary { ["X-Mock-Tokens"] = "30", ["X-Other"] = "?" }).IsNone);
        Assert.Equal(30, _settings.Tokens);
    }

    [Fact]
    public void Another_providers_model_means_no_settings()
    {
        Assert.True(_settings.ReadModel("gpt-4o;status=500").IsNone);
        Assert.True(_settings.IsPlain);
    }

    [Theory]
    [InlineData("mock-unknown", 404)]
    [InlineData("mocking", 404)]
    [InlineData("mock;nothing=1", 400)]
    [InlineData("mock;tokens", 400)]
    [InlineData("mock;tokens=-1", 400)]
    [InlineData("mock;tokens= 1", 400)]
    [InlineData("mock;tokens=99999999999999999999", 400)]
    [InlineData("mock;cut=maybe", 400)]
    [InlineData("mock;hang=", 400)]
    [InlineData("mock;usage=some", 400)]
    [InlineData("mock;raw=unknown", 400)]
    public void What_is_not_understood_is_refused(string model, int status)
        => Assert.Equal(status, _settings.ReadModel(model).Status);

    [Theory]
    [InlineData("head-delay", 0, MockSettings.DelayMsMax)]
    [InlineData("first-delay", 0, MockSettings.DelayMsMax)]
    [InlineData("gap", 0, MockSettings.DelayMsMax)]
    [InlineData("tokens", 1, MockSettings.AnswerTokensMax)]
    [InlineData("tokens-per-event", 1, MockSettings.AnswerTokensMax)]
    [InlineData("status", 400, 599)]
    [InlineData("retry-after", 0, 86_400)]
    [InlineData("cut-after", 0, MockSettings.EventsMax)]
    [InlineData("cut-inside", 0, MockSettings.EventsMax)]
    [InlineData("hang-after", 0, MockSettings.EventsMax)]
    [InlineData("error-after", 0, MockSettings.EventsMax)]
    public void Numbers_are_taken_at_their_limits_and_refused_beyond(string name, int least, int most)
    {
        Assert.True(_settings.ReadModel($"mock;{name}={least}").IsNone);
        Assert.True(_settings.ReadModel($"mock;{name}={most}").IsNone);
        Assert.Equal(400, _settings.ReadModel($"mock;{name}={least - 1}").Status);
        Assert.Equal(400, _settings.ReadModel($"mock;{name}={most + 1}").Status);
    }

    [Fact]
    public void Nothing_is_left_after_a_reset()
    {
        const string everything = "mock;head-delay=1;first-delay=1;gap=1;tokens=1;tokens-per-event=2;cached=1;status=500;"
            + "retry-after=1;cut-after=1;cut-inside=1;cut=reset;hang-after=1;hang=head;error-after=1;usage=zero;raw=garbage";
        Assert.True(_settings.ReadModel(everything).IsNone);
        _settings.Reset();
        Assert.Equivalent(new MockSettings(), _settings, strict: true);
    }
}
