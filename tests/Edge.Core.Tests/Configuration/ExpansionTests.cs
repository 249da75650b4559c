using Edge.Core.Configuration.Reading;

namespace Edge.Core.Tests.Configuration;

public sealed class ExpansionTests
{
    [Theory]
    [InlineData("${NAME}", "value")]
    [InlineData("a${NAME}b${NAME}c", "avaluebvaluec")]
    [InlineData("${NAME:-other}", "value")]
    [InlineData("${NONE:-other}", "other")]
    [InlineData("${EMPTY:-other}", "other")]
    [InlineData("x${EMPTY}", "x")]
    [InlineData("x${NONE:-}", "x")]
    [InlineData("${NONE:-a:-b$c}", "a:-b$c")]
    [InlineData("$$", "$")]
    [InlineData("$${NAME}", "${NAME}")]
    [InlineData("$$$${NAME}$$", "$${NAME}$")]
    [InlineData("${file:/run/line}", "first")]
    [InlineData("${file:/run/windows}", "first")]
    [InlineData("${file:/run/twice}", "a b")]
    [InlineData("${file:relative/line}", "relative")]
    [InlineData("${file:../up}", "up")]
    public void A_reference_stands_for_what_it_names(string written, string expected)
    {
        var source = Samples.Source();
        source.Variables["NAME"] = "value";
        source.Variables["EMPTY"] = "";
        source.AddFile("/run/line", "first\n");
        source.AddFile("/run/windows", "first\r\n");
        source.AddFile("/run/twice", "\ufeffa b\n");
        source.AddFile("/etc/edge/relative/line", "relative\n");
        source.AddFile("/etc/up", "up");
        var plan = Samples.Plan(Samples.WithUpstreamKey($"credential: \"{written}\""), source);
        Assert.Equal(expected, plan.Upstreams[0].Credential?.Reveal());
    }

    [Fact]
    public void Only_one_line_break_is_taken_off_the_end_of_a_file()
    {
        var source = Samples.Source();
        source.AddFile("/run/lines", "secret\n\n");
        Assert.StartsWith(
            "6:17: the expanded value holds a line break",
            Samples.Errors(Samples.WithUpstreamKey("credential: ${file:/run/lines}"), source), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_every_kind_can_come_from_outside()
    {
        var source = Samples.Source();
        source.Variables["NUMBER"] = "7";
        source.Variables["YES"] = "true";
        source.Variables["TIME"] = "5s";
        var text = Samples.WithListenerKey("connectionsMax: ${NUMBER}\n    h2c: ${YES}\n    headersTimeout: ${TIME}");
        var listener = Samples.Plan(text, source).Listeners[0];
        Assert.Equal(7, listener.ConnectionsMax);
        Assert.True(listener.H2c);
        Assert.Equal(TimeSpan.FromSeconds(5), listener.HeadersTimeout);
    }

    [Fact]
    public void Keys_are_not_expanded() =>
        Assert.StartsWith(
            "9:1: unknown key '${SECRET}'", Samples.Errors(Samples.WithLine("${SECRET}: 1")), StringComparison.Ordinal);

    [Fact]
    public void A_brace_from_outside_begins_no_placeholder()
    {
        var plan = Samples.Plan(Samples.WithUpstreamKey("headers: { set: { X-A: \"{{a}${SECRET}\" } }"));
        Assert.Equal("{a}hunter2 {x}", plan.Upstreams[0].Headers.Set[0].Value.LiteralText);
    }

    [Fact]
    public void A_file_is_read_once_and_watched_once()
    {
        var source = Samples.Source();
        source.AddFile("/run/x", "a");
        var plan = Samples.Plan(
            Samples.WithUpstreamKey("credential: ${file:/run/x}${file:/run/../run/x}${file:../../run/x}"), source);
        Assert.Equal("aaa", plan.Upstreams[0].Credential?.Reveal());
        Assert.Equal([Samples.Path, "/run/x"], plan.Files);
        Assert.Equal(1, source.ReadCount);
    }

    [Theory]
    [InlineData(Expander.SecretFileBytesMax, "has more than 16384 characters")]
    [InlineData(Expander.SecretFileBytesMax + 1, "file '/run/x' is larger than 64KiB")]
    public void A_file_in_a_value_may_have_its_bound_of_bytes_and_no_more(int length, string error)
    {
        var source = Samples.Source();
        source.AddFile("/run/x", new string('a', length));
        var errors = Samples.Errors(Samples.WithUpstreamKey("credential: ${file:/run/x}"), source);
        Assert.EndsWith(error, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "the expanded value has more than 16384 characters")]
    [InlineData(1, "the expanded value has more than 131072 characters")]
    public void A_value_may_grow_to_its_bound_and_no_further(int surplus, string error)
    {
        var source = Samples.Source();
        source.Variables["HALF"] = new string('a', Expander.ValueCharsMax / 2);
        source.Variables["REST"] = new string('a', surplus);
        var text = Samples.WithUpstreamKey("credential: ${HALF}${HALF}${REST}");
        Assert.Equal($"6:17: {error}", Samples.Errors(text, source));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void All_values_together_may_grow_to_their_bound_and_no_further(int surplus, bool isTooMuch)
    {
        var source = Samples.Source();
        source.Variables["BIG"] = new string('a', Expander.ValueCharsMax);
        source.Variables["REST"] = new string('a', surplus);
        var count = Expander.AllValuesCharsMax / Expander.ValueCharsMax;
        var files = new ConfigurationFiles(source, Samples.Path);
        var diagnostics = new DiagnosticBag(Samples.Path);
        var expander = new Expander(source, files, diagnostics);
        for (var i = 0; i < count; i++)
            Assert.True(expander.TryExpand(new ScalarNode("${BIG}", false, Place.Start), false, out _));
        Assert.Equal(!isTooMuch, expander.TryExpand(new ScalarNode("${REST}", false, Place.Start), false, out _));
        Assert.Equal(!isTooMuch, diagnostics.IsEmpty);
    }
}
