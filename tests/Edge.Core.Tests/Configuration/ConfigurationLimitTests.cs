using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;

namespace Edge.Core.Tests.Configuration;

/// <summary>Every bound of the file, at the bound and one past it.</summary>
public sealed class ConfigurationLimitTests
{
    [Theory]
    [InlineData("requestHeadersMax: 1KiB")]
    [InlineData("requestHeadersMax: 1MiB")]
    [InlineData("requestBodyMax: 0B")]
    [InlineData("requestBodyMax: 1024GiB")]
    [InlineData("headersTimeout: 1ms")]
    [InlineData("headersTimeout: 24d")]
    [InlineData("keepAliveTimeout: 23d23h59m59s1000ms")]
    [InlineData("connectionsMax: 1")]
    [InlineData("connectionsMax: 1000000")]
    public void The_ends_of_a_listeners_ranges_are_in_them(string key) => Samples.Plan(Samples.WithListenerKey(key));

    [Theory]
    [InlineData("connectionsMax: 1")]
    [InlineData("connectionsMax: 1000000")]
    [InlineData("responseHeadersMax: 1KiB")]
    [InlineData("responseHeadersMax: 1MiB")]
    [InlineData("connectionLifetime: 1ms")]
    [InlineData("connectionIdleTimeout: 24d")]
    public void The_ends_of_an_upstreams_ranges_are_in_them(string key) => Samples.Plan(Samples.WithUpstreamKey(key));

    [Theory]
    [InlineData("connectionsMax: 1000001")]
    [InlineData("responseHeadersMax: 1048577B")]
    [InlineData("connectionLifetime: 0ms")]
    [InlineData("connectionIdleTimeout: 24d1ms")]
    public void One_past_the_end_of_an_upstreams_ranges_is_out(string key) =>
        Assert.Contains(" is out of range; write a ", Samples.Errors(Samples.WithUpstreamKey(key)), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Names_and_texts_may_be_as_long_as_their_bound(int surplus, bool fits)
    {
        Check(Samples.Minimal.Replace("name: all", $"name: {Long(Names.NameCharsMax)}", StringComparison.Ordinal));
        Check(Samples.WithRouteKey($"match: {{ methods: [{Long(Names.MethodCharsMax, 'A')}] }}"));
        Check(Samples.WithRouteKey($"match: {{ path: /{Long(Paths.PathCharsMax - 1)} }}"));
        Check(Samples.WithRouteKey($"match: {{ path: \"/{{{Long(Paths.ParameterCharsMax)}}}\" }}"));
        Check(Samples.WithRouteKey($"match: {{ hosts: [{Long(Hosts.LabelCharsMax)}.example] }}"));
        Check(Samples.WithRouteKey($"match: {{ hosts: [{Labels(Hosts.HostCharsMax + surplus)}] }}"));
        Check(Samples.WithUpstreamKey($"credential: {Long(Names.SecretCharsMax)}"));
        Check(Samples.WithUpstreamKey($"headers: {{ remove: [{Long(HeaderFields.NameCharsMax)}] }}"));
        Check(Samples.WithUpstreamKey($"headers: {{ set: {{ a: {Long(HeaderFields.ValueCharsMax)} }} }}"));

        string Long(int bound, char c = 'a') => new(c, bound + surplus);
        void Check(string text) => Assert.Equal(fits, Samples.Load(text).IsValid);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Lists_may_have_as_many_items_as_their_bound(int surplus, bool fits)
    {
        Check(Samples.WithAddress($"127.0.0.1:0{Repeat("\n  - address: 127.0.0.1:0", EdgeOptions.ListenersMax - 1)}"));
        Check(Samples.WithLine($"trustedProxies: [{Repeat("10.0.0.1, ", EdgeOptions.TrustedProxiesMax)}]"));
        Check(Samples.WithTargets(Each("http://h{0}", UpstreamOptions.TargetsMax)));
        Check(Samples.WithRouteKey($"match: {{ hosts: [{Each("h{0}", MatchOptions.HostsMax)}] }}"));
        Check(Samples.WithRouteKey($"match: {{ methods: [{Each("M{0}", MatchOptions.MethodsMax)}] }}"));
        Check(Samples.WithUpstreamKey($"headers: {{ remove: [{Each("h{0}", HeaderRulesOptions.HeadersMax)}] }}"));
        Check(Samples.WithUpstreamKey($"headers: {{ set: {{ {Each("h{0}: a", HeaderRulesOptions.HeadersMax)} }} }}"));
        const string route = "  - {{ name: r{0}, upstream: openai, match: {{ path: /{0} }} }}";
        Check(Samples.WithLine(Each(route, EdgeOptions.RoutesMax - 1, "\n")));
        var upstreams = Each("  u{0}: {{ targets: [http://h] }}", EdgeOptions.UpstreamsMax - 1, "\n");
        Check(Samples.Minimal.Replace("routes:", upstreams + "\nroutes:", StringComparison.Ordinal));

        string Repeat(string text, int bound) => string.Concat(Enumerable.Repeat(text, bound + surplus));
        string Each(string format, int bound, string separator = ", ") => string.Join(
            separator, Enumerable.Range(0, bound + surplus).Select(i => string.Format(null, CompositeFormat.Parse(format), i)));
        void Check(string text) => Assert.Equal(fits, Samples.Load(text).IsValid);
    }

    [Fact]
    public void Nesting_may_be_as_deep_as_its_bound_and_no_deeper()
    {
        Assert.DoesNotContain("nested", Samples.Errors("a: " + Nested(YamlReader.NodeDepthMax - 1)), StringComparison.Ordinal);
        Assert.Equal(
            $"1:{3 + YamlReader.NodeDepthMax}: this is nested more than 32 deep",
            Samples.Errors("a: " + Nested(YamlReader.NodeDepthMax)));
        Assert.EndsWith("this is nested more than 32 deep", Samples.Errors(new string('[', 1_000_000)), StringComparison.Ordinal);

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
    }

    [Fact]
    public void A_file_may_have_as_many_values_as_its_bound_and_no_more()
    {
        // The root, its key and the list count too.
        Assert.DoesNotContain("4000000 values", Samples.Errors(List(YamlReader.NodesMax - 3)), StringComparison.Ordinal);
        Assert.EndsWith(
            "the file has more than 4000000 values", Samples.Errors(List(YamlReader.NodesMax - 2)), StringComparison.Ordinal);

        static string List(int count) => $"a:\n{string.Concat(Enumerable.Repeat("- a\n", count))}";
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_file_may_have_as_many_bytes_as_its_bound(int surplus, bool fits)
    {
        var text = Samples.Minimal + "\n#";
        var source = Samples.Source();
        source.AddFile(Samples.Path, text + new string('x', ConfigurationLoader.ConfigurationBytesMax + surplus - text.Length));
        var result = ConfigurationLoader.Load(Samples.Path, source);
        Assert.Equal(fits, result.IsValid);
        if (!fits) Assert.Equal("/etc/edge/edge.yaml:1:1: the file is larger than 64MiB", result.Diagnostics[0].ToString());
    }

    [Fact]
    public void A_text_larger_than_a_file_may_be_is_refused() =>
        Assert.Equal(
            "1:1: the text is larger than 64MiB", Samples.Errors(new string(' ', ConfigurationLoader.ConfigurationBytesMax + 1)));

    [Fact]
    public void A_hundred_errors_are_told_and_one_more_is_only_mentioned()
    {
        var hundred = Samples.Load(Samples.WithLine(Unknown(DiagnosticBag.DiagnosticsMax))).Diagnostics;
        Assert.Equal(DiagnosticBag.DiagnosticsMax, hundred.Length);
        Assert.All(hundred, d => Assert.StartsWith("unknown key", d.Message, StringComparison.Ordinal));
        var more = Samples.Load(Samples.WithLine(Unknown(DiagnosticBag.DiagnosticsMax + 1))).Diagnostics;
        Assert.Equal(DiagnosticBag.DiagnosticsMax + 1, more.Length);
        Assert.Equal("there are more errors than these 100; mend these first", more[^1].Message);

        static string Unknown(int count) => string.Join('\n', Enumerable.Range(0, count).Select(i => $"zzz{i}: 1"));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_configuration_may_refer_to_as_many_files_as_its_bound(int surplus, bool fits)
    {
        var source = Samples.Source();
        var files = new ConfigurationFiles(source, Samples.Path);
        for (var i = 0; i < ConfigurationFiles.FilesMax + surplus; i++)
        {
            source.AddFile($"/run/{i}", "a");
            var isLast = i == ConfigurationFiles.FilesMax + surplus - 1;
            var problem = files.Read($"/run/{i}", 10).Problem;
            if (isLast) Assert.Equal(fits, problem is null);
            else Assert.Null(problem);
        }
    }

    [Fact]
    public void Ten_thousand_routes_load()
    {
        var text = new StringBuilder(Samples.Minimal).Append('\n');
        for (var i = 0; i < 10_000; i++)
        {
            text.Append(null, $"  - name: route-{i}\n")
                .Append(null, $"    match: {{ hosts: [h{i % 7}.example], path: \"/v1/{i}/{{id}}\", methods: [GET] }}\n")
                .Append("    upstream: openai\n    response: { headers: { set: { X-A: b } } }\n");
        }

        Assert.Equal(10_001, Samples.Plan(text.ToString()).Routes.Length);
    }

    /// <summary>A host name of that many characters, in labels of 49.</summary>
    private static string Labels(int length) =>
        string.Concat(Enumerable.Range(1, length).Select(i => i % 50 == 0 && i < length ? '.' : 'a'));
}
