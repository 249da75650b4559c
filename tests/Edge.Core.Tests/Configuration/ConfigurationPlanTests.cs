using System.Net;
using System.Security.Authentication;
using Edge.Core.Configuration;
using Edge.Core.Templating;

namespace Edge.Core.Tests.Configuration;

public sealed class ConfigurationPlanTests
{
    [Fact]
    public void What_a_file_leaves_out_is_what_the_plan_types_say_by_themselves()
    {
        var plan = Samples.Plan(Samples.Minimal);
        var listener = Assert.Single(plan.Listeners);
        Assert.Equal(new ListenerPlan { Endpoint = IPEndPoint.Parse("0.0.0.0:8080") }, listener);
        Assert.Null(plan.Admin);
        Assert.Empty(plan.TrustedProxies);
        Assert.Equal(TimeSpan.FromSeconds(30), plan.DrainTimeout);
        Assert.Equal([Samples.Path], plan.Files);
        var upstream = Assert.Single(plan.Upstreams);
        Assert.Equal(
            new UpstreamPlan { Name = "openai", Dialect = Dialect.Http, Targets = upstream.Targets }, upstream);
        Assert.Equal([new TargetPlan(true, "api.openai.com", 443, "api.openai.com", "")], upstream.Targets);
        var route = Assert.Single(plan.Routes);
        Assert.Equal(
            new RoutePlan
            {
                Name = "all",
                Hosts = route.Hosts,
                Path = new PathPattern(PathPatternKind.Prefix, "/*"),
                Methods = route.Methods,
                Upstream = upstream,
            },
            route);
        Assert.Empty(route.Hosts);
        Assert.Empty(route.Methods);
        Assert.Same(upstream, route.Upstream);
    }

    [Fact]
    public void Listeners_and_admin_are_as_written()
    {
        var plan = Samples.Plan(Samples.Full);
        var first = new ListenerPlan
        {
            Endpoint = IPEndPoint.Parse("0.0.0.0:8080"),
            H2c = true,
            RequestHeadersMax = 64 * 1024,
            RequestBodyMax = 20_000_000,
            HeadersTimeout = TimeSpan.FromSeconds(5),
            KeepAliveTimeout = TimeSpan.FromSeconds(90),
            ConnectionsMax = 100,
        };
        var second = new ListenerPlan
        {
            Endpoint = IPEndPoint.Parse("[::1]:8443"),
            Tls = new ListenerTlsPlan("/etc/edge/tls.crt", "/keys/tls.key", SslProtocols.Tls13),
        };
        Assert.Equal([first, second], plan.Listeners);
        Assert.Equal(new AdminPlan(IPEndPoint.Parse("127.0.0.1:9901"), new Secret("admin-token")), plan.Admin);
        Assert.Equal(
            [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.168.1.1/32"), IPNetwork.Parse("2001:db8::/32")],
            plan.TrustedProxies);
        Assert.Equal(TimeSpan.FromSeconds(45), plan.DrainTimeout);
        Assert.Equal(
            [
                Samples.Path, "/etc/edge/secrets/openai", "/etc/edge/tls.crt", "/keys/tls.key", "/etc/edge/ca.pem",
                "/etc/edge/consumers.jsonl",
            ],
            plan.Files);
    }

    [Fact]
    public void Upstreams_are_as_written()
    {
        var plan = Samples.Plan(Samples.Full);
        Assert.Equal(["openai", "vectors"], plan.Upstreams.Select(u => u.Name));
        var upstream = plan.Upstreams[0];
        Assert.Equal(Dialect.OpenAI, upstream.Dialect);
        Assert.Equal(
            [
                new TargetPlan(true, "api.openai.com", 443, "api.openai.com", ""),
                new TargetPlan(true, "proxy.example.com", 8443, "proxy.example.com:8443", "/base"),
            ],
            upstream.Targets);
        Assert.Equal("sk-openai", upstream.Credential?.Reveal());
        Assert.Equal([new HeaderValue("X-Set", Template.Literal("a"))], upstream.Headers.Set);
        Assert.Equal([new HeaderValue("X-Add", Template.Literal("b {c}"))], upstream.Headers.Add);
        Assert.Equal(["X-Remove"], upstream.Headers.Remove);
        Assert.Equal(
            new UpstreamTimeouts
            {
                Connect = TimeSpan.FromSeconds(1),
                FirstByte = TimeSpan.FromSeconds(2),
                Idle = TimeSpan.FromSeconds(3),
                Total = TimeSpan.FromSeconds(4),
            },
            upstream.Timeouts);
        Assert.Equal("/etc/edge/ca.pem", upstream.CaFile);
        Assert.Equal(7, upstream.ConnectionsMax);
        Assert.Equal(TimeSpan.FromHours(1), upstream.ConnectionLifetime);
        Assert.Equal(TimeSpan.FromSeconds(10), upstream.ConnectionIdleTimeout);
        Assert.Equal(16 * 1024, upstream.ResponseHeadersMax);
    }

    [Fact]
    public void A_route_is_as_written_and_its_own_keys_replace_the_defaults_as_a_whole()
    {
        var plan = Samples.Plan(Samples.Full);
        var chat = plan.Routes[0];
        Assert.Equal("chat", chat.Name);
        Assert.Equal(["api.example.com", "*.example.com"], chat.Hosts);
        Assert.Equal(new PathPattern(PathPatternKind.Prefix, "/v1/chat/*"), chat.Path);
        Assert.Equal(["GET", "POST"], chat.Methods);
        Assert.Same(plan.Upstreams[0], chat.Upstream);
        Assert.True(chat.StripPath);
        Assert.True(chat.PreserveHost);
        Assert.Equal(new RequestIdPlan("X-Trace", false), chat.RequestId);
        Assert.Equal(["Cookie"], chat.RequestHeaders.Remove);
        Assert.Empty(chat.RequestHeaders.Set);
        Assert.Equal([new HeaderValue("Vary", Template.Literal("Origin"))], chat.ResponseHeaders.Add);
        Assert.Empty(chat.ResponseHeaders.Set);
        Assert.Equal(ForwardedHeaders.None, chat.Forwarded);
        Assert.Equal(TimeSpan.FromMilliseconds(250), chat.Heartbeat);
        Assert.Equal(64 * 1024, chat.RequestBodyMax);
    }

    [Fact]
    public void A_route_without_keys_of_its_own_has_the_defaults()
    {
        var users = Samples.Plan(Samples.Full).Routes[1];
        Assert.Equal(new PathPattern(PathPatternKind.Parameters, "/users/{id}/posts"), users.Path);
        Assert.Equal(new RequestIdPlan("X-Request-ID", true), users.RequestId);
        Assert.Equal([new HeaderValue("X-Edge", Template.Literal("1"))], users.RequestHeaders.Set);
        Assert.Equal([new HeaderValue("X-Gateway-Version", Template.Literal("1.0.0"))], users.ResponseHeaders.Set);
        Assert.Equal(ForwardedHeaders.XForwarded, users.Forwarded);
        Assert.Equal(TimeSpan.FromSeconds(15), users.Heartbeat);
        Assert.Equal(1024 * 1024, users.RequestBodyMax);
    }

    [Fact]
    public void A_route_can_say_none_where_the_defaults_give_something()
    {
        var text = Samples.Full + "\n    requestId: none\n    heartbeat: none\n    request: {}\n    response: { headers: {} }\n";
        var users = Samples.Plan(text).Routes[1];
        Assert.Null(users.RequestId);
        Assert.Null(users.Heartbeat);
        Assert.Same(HeaderRules.None, users.RequestHeaders);
        Assert.Same(HeaderRules.None, users.ResponseHeaders);
        Assert.Equal(ForwardedHeaders.XForwarded, users.Forwarded);
    }

    [Fact]
    public void None_may_come_from_outside()
    {
        var source = Samples.Source();
        source.Variables["BEAT"] = "5s";
        const string beat = "heartbeat: ${BEAT:-none}";
        Assert.Null(Samples.Plan(Samples.WithRouteKey(beat)).Routes[0].Heartbeat);
        Assert.Equal(TimeSpan.FromSeconds(5), Samples.Plan(Samples.WithRouteKey(beat), source).Routes[0].Heartbeat);
        Assert.Equal(
            "9:16: environment variable 'BEAT' is not set; set it, or write a default: ${BEAT:-default}",
            Samples.Errors(Samples.WithRouteKey("heartbeat: ${BEAT}")));
    }

    [Fact]
    public void A_requestId_without_keys_has_its_own_defaults()
    {
        var route = Samples.Plan(Samples.Minimal + "\n    requestId: {}").Routes[0];
        Assert.Equal(new RequestIdPlan("X-Request-ID", true), route.RequestId);
    }

    [Theory]
    [InlineData("0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData("\"[::]:8080\"", "[::]:8080")]
    [InlineData("\"[2001:DB8::1]:0\"", "[2001:db8::1]:0")]
    [InlineData("localhost:65535", "127.0.0.1:65535")]
    [InlineData("\"*:80\"", "[::]:80")]
    [InlineData(":80", "[::]:80")]
    public void An_address_is_read(string written, string expected)
    {
        var plan = Samples.Plan(Samples.Minimal.Replace("0.0.0.0:8080", written, StringComparison.Ordinal));
        Assert.Equal(IPEndPoint.Parse(expected), plan.Listeners[0].Endpoint);
    }

    [Theory]
    [InlineData("https://a.example", "a.example", 443, "a.example", "")]
    [InlineData("http://a.example/", "a.example", 80, "a.example", "")]
    [InlineData("http://a.example:443/x%2Fy/", "a.example", 443, "a.example:443", "/x%2Fy")]
    [InlineData("https://a.example:443", "a.example", 443, "a.example", "")]
    [InlineData("http://[::1]:9000/v1", "::1", 9000, "[::1]:9000", "/v1")]
    [InlineData("https://[2001:DB8:0:0::1]", "2001:db8::1", 443, "[2001:db8::1]", "")]
    [InlineData("http://10.0.0.1", "10.0.0.1", 80, "10.0.0.1", "")]
    [InlineData("http://my_service.internal", "my_service.internal", 80, "my_service.internal", "")]
    public void A_target_is_read(string url, string host, int port, string authority, string basePath)
    {
        var plan = Samples.Plan(Samples.Minimal.Replace("https://api.openai.com", $"\"{url}\"", StringComparison.Ordinal));
        var tls = url.StartsWith("https:", StringComparison.Ordinal);
        Assert.Equal([new TargetPlan(tls, host, port, authority, basePath)], plan.Upstreams[0].Targets);
    }

    [Theory]
    [InlineData("/", PathPatternKind.Exact)]
    [InlineData("/*", PathPatternKind.Prefix)]
    [InlineData("/v1/models", PathPatternKind.Exact)]
    [InlineData("/v1/models/", PathPatternKind.Exact)]
    [InlineData("/v1/*", PathPatternKind.Prefix)]
    [InlineData("/a%2Fb%20c/%C3%A9", PathPatternKind.Exact)]
    [InlineData("/a:b@c;d=e,f!$$&'()+", PathPatternKind.Exact)]
    [InlineData("/{id}", PathPatternKind.Parameters)]
    [InlineData("/users/{user_id}/posts/{post}/*", PathPatternKind.Parameters)]
    public void A_path_pattern_is_read(string path, PathPatternKind kind)
    {
        var plan = Samples.Plan(Samples.Minimal + $"\n    match: {{ path: \"{path}\" }}");
        Assert.Equal(new PathPattern(kind, path.Replace("$$", "$", StringComparison.Ordinal)), plan.Routes[0].Path);
    }

    [Theory]
    [InlineData("\"*.example.com\"")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("localhost")]
    [InlineData("10.0.0.1")]
    [InlineData("\"[::1]\"")]
    public void A_host_is_read(string written)
    {
        var plan = Samples.Plan(Samples.Minimal + $"\n    match:\n      hosts:\n        - {written}");
        Assert.Equal([written.Trim('"')], plan.Routes[0].Hosts);
    }

    [Fact]
    public void Json_is_read_as_well()
    {
        const string json = """
            {
            	"listeners": [{"address": "0.0.0.0:8080", "connectionsMax": 5, "h2c": true}],
            	"upstreams": {"openai":{"targets":["https:\/\/api.openai.com"],"credential":"\u0061bc"}},
            	"routes": [{"name": "all", "upstream": "openai"}]
            }
            """;
        var plan = Samples.Plan(json);
        Assert.Equal(5, plan.Listeners[0].ConnectionsMax);
        Assert.True(plan.Listeners[0].H2c);
        Assert.Equal("abc", plan.Upstreams[0].Credential?.Reveal());
        Assert.Equal("api.openai.com", plan.Upstreams[0].Targets[0].Host);
    }

    [Fact]
    public void Numbers_without_quotes_are_text_where_text_is_wanted()
    {
        var plan = Samples.Plan(Samples.Minimal.Replace("name: all", "name: 2024", StringComparison.Ordinal));
        Assert.Equal("2024", plan.Routes[0].Name);
    }

    [Fact]
    public void A_byte_order_mark_and_carriage_returns_do_no_harm()
    {
        var source = Samples.Source();
        source.AddFile(Samples.Path, "\ufeff" + Samples.Minimal.ReplaceLineEndings("\r\n"));
        Assert.True(ConfigurationLoader.Load(Samples.Path, source).IsValid);
    }

    [Fact]
    public void Routes_may_share_a_path_where_their_methods_or_hosts_differ()
    {
        var plan = Samples.Plan(Samples.Minimal + """

                match: { path: /a, methods: [GET] }
              - { name: b, upstream: openai, match: { path: /a, methods: [POST] } }
              - { name: c, upstream: openai, match: { path: /a, hosts: [a.example], methods: [GET] } }
              - { name: d, upstream: openai, match: { path: "/{a}" } }
              - { name: e, upstream: openai, match: { path: "/a/*" } }
            """);
        Assert.Equal(5, plan.Routes.Length);
    }
}
