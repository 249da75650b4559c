using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>What the file says of browsers and of the audit log.</summary>
public sealed class BrowserConfigurationTests
{
    [Theory]
    [InlineData(
        "app.example.com",
        "'app.example.com' is not an origin; write a scheme and a host, such as https://app.example.com or " +
        "\"https://*.example.com\"")]
    [InlineData(
        "\"\"",
        "'' is not an origin; write a scheme and a host, such as https://app.example.com or \"https://*.example.com\"")]
    [InlineData(
        "\"https://\"",
        "'https://' is not an origin; write a scheme and a host, such as https://app.example.com or " +
        "\"https://*.example.com\"")]
    [InlineData(
        "\"*://a.example\"",
        "'*://a.example' is not an origin; write a scheme and a host, such as https://app.example.com or " +
        "\"https://*.example.com\"")]
    [InlineData(
        "https://App.example.com",
        "'https://App.example.com' is not in lower case, in which browsers write origins; write " +
        "https://app.example.com")]
    [InlineData(
        "https://a.example/",
        "'https://a.example/' goes on behind its host, which no origin does; leave the slash and what follows out")]
    [InlineData(
        "https://a.example/x",
        "'https://a.example/x' goes on behind its host, which no origin does; leave the slash and what follows out")]
    [InlineData("https://me@a.example", "the value holds a user or a password, which no origin does; leave it out")]
    [InlineData(
        "https://a.example:443",
        "'https://a.example:443' has its scheme's own port, which browsers leave out; write https://a.example")]
    [InlineData(
        "http://a.example:80",
        "'http://a.example:80' has its scheme's own port, which browsers leave out; write http://a.example")]
    [InlineData("https://a.example:0", "'https://a.example:0' has no port from 1 to 65535 after the host's ':'")]
    [InlineData("https://a.example:65536", "'https://a.example:65536' has no port from 1 to 65535 after the host's ':'")]
    [InlineData("https://a.example:", "'https://a.example:' has no port from 1 to 65535 after the host's ':'")]
    [InlineData("https://é.example", "'https://é.example' is not ASCII; write an international name in its 'xn--' form")]
    [InlineData("\"https://*\"", "'https://*' has a '*' elsewhere than as its host's whole first label")]
    [InlineData(
        "\"https://*.com\"",
        "'https://*.com' covers a whole top-level domain, on which anybody can have a page; name one below it")]
    [InlineData(
        "\"https://a*.example.com\"",
        "'https://a*.example.com' has a '*' elsewhere than as its host's whole first label")]
    [InlineData(
        "\"https://*.*.example.com\"",
        "'https://*.*.example.com' is not an origin; write a scheme and a host, such as https://app.example.com or " +
        "\"https://*.example.com\"")]
    [InlineData("\"app://*.example.com\"", "'app://*.example.com' has a wildcard, which only origins of https and http may have")]
    [InlineData(
        "https://a.example.",
        "'https://a.example.' is not an origin; write a scheme and a host, such as https://app.example.com or " +
        "\"https://*.example.com\"")]
    public void An_origin_that_no_browser_writes_is_an_error(string origin, string error) =>
        Assert.Equal($"9:23: {error}", Samples.Errors(Samples.WithRouteKey($"cors: {{ origins: [{origin}] }}")));

    [Theory]
    [InlineData("https://a.example")]
    [InlineData("http://localhost:3000")]
    [InlineData("http://127.0.0.1:3000")]
    [InlineData("http://[::1]:3000")]
    [InlineData("https://*.example.com")]
    [InlineData("http://*.localhost:3000")]
    [InlineData("capacitor://localhost")]
    [InlineData("chrome-extension://abcdefghijklmnopabcdefghijklmnop")]
    [InlineData("null")]
    [InlineData("*")]
    public void An_origin_is_kept_as_it_is_written(string origin)
    {
        var plan = Samples.Plan(Samples.WithRouteKey($"cors: {{ origins: [\"{origin}\"] }}"));
        Assert.Equal([origin], plan.Routes[0].Cors!.Origins);
    }

    [Theory]
    [InlineData(
        "origins: [\"*\"], credentials: true",
        "9:23: '*' together with credentials lets any site act for the caller; list the origins")]
    [InlineData(
        "origins: [\"null\"], credentials: true",
        "9:23: 'null' together with credentials lets any site act for the caller; list the origins")]
    [InlineData(
        "origins: [https://a.example, \"*\"]",
        "9:42: '*' is any origin and makes the others of the list pointless; keep one or the other")]
    [InlineData(
        "origins: [https://a.example], credentials: true, headers: [\"*\"]",
        "9:72: '*' means nothing to browsers together with credentials; list the headers")]
    [InlineData(
        "origins: [https://a.example], credentials: true, expose: [\"*\"]",
        "9:71: '*' means nothing to browsers together with credentials; list the headers")]
    [InlineData("origins: []", "9:22: the list is empty; it needs at least 1 item")]
    [InlineData(
        "methods: [GET]",
        "9:11: key 'origins' is missing: origins as browsers write them: `https://app.example.com`, " +
        "`\"https://*.example.com\"` for all names below, `null` for pages without one, or `\"*\"` alone for any")]
    public void Settings_that_cannot_be_meant_are_errors(string keys, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithRouteKey($"cors: {{ {keys} }}")));

    [Fact]
    public void The_defaults_are_held_to_the_same() =>
        Assert.Equal(
            "9:31: '*' together with credentials lets any site act for the caller; list the origins",
            Samples.Errors(Samples.WithLine("defaults: { cors: { origins: [\"*\"], credentials: true } }")));

    [Fact]
    public void What_cors_leaves_out_follows_from_the_route()
    {
        var any = Samples.Plan(Samples.WithRouteKey("cors: { origins: [https://a.example] }")).Routes[0].Cors!;
        Assert.Equal(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], any.Methods);
        Assert.Equal(["Authorization", "Content-Type"], any.Headers);
        Assert.Empty(any.Expose);
        Assert.False(any.Credentials);
        Assert.Equal(TimeSpan.FromMinutes(10), any.MaxAge);
        var text = Samples.Minimal + "\n    match: { methods: [POST] }\ndefaults: { cors: { origins: [\"*\"] } }\n";
        Assert.Equal(["POST"], Samples.Plan(text).Routes[0].Cors!.Methods);
    }

    [Fact]
    public void A_routes_own_word_replaces_that_of_the_defaults()
    {
        var plan = Samples.Plan(Samples.Full);
        var (chat, users) = (plan.Routes[0], plan.Routes[1]);
        Assert.Equal(["https://app.example.com", "https://*.example.com:8443", "capacitor://localhost"], chat.Cors!.Origins);
        Assert.Equal(["GET", "PUT"], chat.Cors.Methods);
        Assert.True(chat.Cors.Credentials);
        Assert.Equal(["*"], users.Cors!.Origins);
        var none = Samples.Plan(Samples.Full + "\n    cors: none\n    securityHeaders: none\n").Routes[1];
        Assert.Null(none.Cors);
        Assert.Same(SecurityHeadersPlan.None, none.SecurityHeaders);
        Assert.Equal(plan.SecurityHeaders.Always, users.SecurityHeaders.Always);
    }

    [Theory]
    [InlineData("strict", 7, true)]
    [InlineData("api", 4, true)]
    [InlineData("none", 0, false)]
    [InlineData("{ base: api, referrerPolicy: none }", 3, true)]
    [InlineData("{ base: none, strictTransportSecurity: max-age=1 }", 0, true)]
    [InlineData("{ strictTransportSecurity: none }", 7, false)]
    [InlineData("{}", 7, true)]
    public void Security_headers_are_a_set_and_what_is_said_otherwise(string written, int count, bool hasTransport)
    {
        var plan = Samples.Plan(Samples.WithRouteKey($"securityHeaders: {written}")).Routes[0].SecurityHeaders;
        Assert.Equal(count, plan.Always.Length);
        Assert.Equal(hasTransport, plan.TransportSecurity is not null);
    }

    [Fact]
    public void Security_headers_of_ones_own_are_as_written()
    {
        var chat = Samples.Plan(Samples.Full).Routes[0].SecurityHeaders;
        Assert.Equal("max-age=60", chat.TransportSecurity);
        Assert.Equal(
            [
                KeyValuePair.Create("Content-Security-Policy", "sandbox; default-src 'none'"),
                KeyValuePair.Create("X-Frame-Options", "SAMEORIGIN"), KeyValuePair.Create("Referrer-Policy", "origin"),
                KeyValuePair.Create("Cross-Origin-Opener-Policy", "unsafe-none"),
            ],
            chat.Always);
    }

    [Theory]
    [InlineData("lax", "9:22: 'lax' is not a set of security headers; write strict, api or none")]
    [InlineData("{ base: none, frameOptions: \"\" }", "9:50: '' is empty; write a value, or none")]
    [InlineData(
        "{ referrerPolicy: \"a\\nb\" }",
        "9:40: 'a\\u000ab' holds a line break, a control character or a character beyond ASCII, which no header can " +
        "carry")]
    [InlineData(
        "[strict]",
        "9:22: this must be a set of security headers (strict, api or none) or a mapping of security headers, not a " +
        "list")]
    public void Security_headers_that_cannot_be_are_errors(string written, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithRouteKey($"securityHeaders: {written}")));

    [Theory]
    [InlineData("{ to: audit.jsonl }", LogTarget.File, "/etc/edge/audit.jsonl", AuditEvents.All)]
    [InlineData("{ to: /var/log/a, events: [admin] }", LogTarget.File, "/var/log/a", AuditEvents.Admin)]
    [InlineData(
        "{ to: stdout, events: [keys, refusals] }",
        LogTarget.StandardOutput,
        null,
        AuditEvents.Keys | AuditEvents.Refusals)]
    [InlineData(
        "{ to: stderr, events: [reloads, lifecycle] }",
        LogTarget.StandardError,
        null,
        AuditEvents.Reloads | AuditEvents.Lifecycle)]
    public void The_audit_log_is_as_written(string written, LogTarget to, string? file, AuditEvents events) =>
        Assert.Equal(
            new AuditLogPlan(to, file, events),
            Samples.Plan(Samples.WithLine($"telemetry: {{ auditLog: {written} }}")).AuditLog);

    [Theory]
    [InlineData("{ to: a, events: [] }", "9:41: the list is empty; it needs at least 1 item")]
    [InlineData(
        "{ to: a, events: [logins] }",
        "9:42: 'logins' is not a kind of event; write refusals, keys, admin, reloads or lifecycle")]
    [InlineData(
        "{}",
        "9:24: key 'to' is missing: `stdout`, `stderr`, or a file that is written to at its end and opened again on " +
        "SIGHUP")]
    public void An_audit_log_that_cannot_be_is_an_error(string written, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithLine($"telemetry: {{ auditLog: {written} }}")));
}
