namespace Edge.Core.Tests.Configuration;

/// <summary>What is said of a file that is wrong as a whole, with its place.</summary>
public sealed class FileErrorTests
{
    [Theory]
    [InlineData(
        "trustedProxies: 10.0.0.0/8",
        "9:17: this must be a list of networks, not a single value; write [10.0.0.0/8]")]
    [InlineData(
        "trustedProxies: [10.0.0.1/8]",
        "9:18: '10.0.0.1/8' is not the first address of its network; write 10.0.0.0/8")]
    [InlineData(
        "trustedProxies: [10.0.0.0/33]",
        "9:18: '10.0.0.0/33' is neither an IP address nor a network such as 10.0.0.0/8")]
    [InlineData(
        "trustedProxies: [\"::/129\", \"fe80::1%1\", 10/8, 10.0.0.0/, 10.0.0.0/+8]",
        "9:18: '::/129' is neither an IP address nor a network such as 10.0.0.0/8\n" +
        "9:28: 'fe80::1%1' is neither an IP address nor a network such as 10.0.0.0/8\n" +
        "9:41: '10/8' is neither an IP address nor a network such as 10.0.0.0/8\n" +
        "9:47: '10.0.0.0/' is neither an IP address nor a network such as 10.0.0.0/8\n" +
        "9:58: '10.0.0.0/+8' is neither an IP address nor a network such as 10.0.0.0/8")]
    [InlineData(
        "drainTimeout: soon",
        "9:15: 'soon' is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d")]
    [InlineData(
        "limits: {}",
        "9:1: unknown key 'limits'; known: listeners, admin, trustedProxies, drainTimeout, memory, " +
        "telemetry, identity, tiers, redis, limitState, overload, cacheStore, prices, calibration, upstreams, defaults, routes")]
    [InlineData(
        "default: {}",
        "9:1: unknown key 'default'; did you mean 'defaults'?")]
    [InlineData(
        "defaults: { requestID: {} }",
        "9:13: unknown key 'requestID'; did you mean 'requestId'?")]
    [InlineData(
        "defaults: { name: x }",
        "9:13: unknown key 'name'; known: requestId, authenticate, authorize, limits, request, response, forwarded, " +
        "heartbeat, slo, serverTiming, requestBodyMax, validate, rewrite, metering, estimate, cache, translate, " +
        "onDisconnect, onExhausted, cors, securityHeaders")]
    [InlineData(
        "listeners: []",
        "9:1: key 'listeners' is here twice, first on line 1; keep one")]
    [InlineData(
        "upstreams: {}",
        "9:1: key 'upstreams' is here twice, first on line 3; keep one")]
    public void A_wrong_key_at_the_top_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(written)));

    [Theory]
    [InlineData(
        "",
        "1:1: the file is empty; it needs at least listeners, upstreams and routes")]
    [InlineData(
        "# only a comment",
        "1:1: the file is empty; it needs at least listeners, upstreams and routes")]
    [InlineData(
        "null",
        "1:1: the file is empty; it needs at least listeners, upstreams and routes")]
    [InlineData(
        "[]",
        "1:1: the file must be a mapping with keys such as listeners, not a list")]
    [InlineData(
        "text",
        "1:1: the file must be a mapping with keys such as listeners, not a single value")]
    [InlineData(
        "{}",
        "1:1: key 'listeners' is missing: where callers connect\n" +
        "1:1: key 'upstreams' is missing: the services behind the gateway, by name\n" +
        "1:1: key 'routes' is missing: which requests go where")]
    [InlineData(
        "listeners:\nupstreams:\nroutes:\n",
        "1:11: there is no value here; write a list of listeners\n" +
        "2:11: there is no value here; write a mapping of names to upstreams\n" +
        "3:8: there is no value here; write a list of routes")]
    [InlineData(
        "listeners: []\nupstreams: {}\nroutes: []",
        "1:12: the list is empty; it needs at least 1 item\n" +
        "2:12: there is nothing here; write a mapping of names to upstreams, at least 1\n" +
        "3:9: the list is empty; it needs at least 1 item")]
    [InlineData(
        "listeners: {}\nupstreams: []\nroutes: {}",
        "1:12: this must be a list of listeners, not a mapping; begin each item with '- '\n" +
        "2:12: this must be a mapping of names to upstreams, not a list\n" +
        "3:9: this must be a list of routes, not a mapping; begin each item with '- '")]
    [InlineData(
        "a: b: c",
        "1:5: this is not YAML: while scanning a plain scalar value, found invalid mapping; text that begins with or " +
        "holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "a:\n	- b",
        "1:1: this is not YAML: while scanning a mapping, found invalid tab as indentation; text that begins with or " +
        "holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "a: [b",
        "2:1: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']'; text that begins " +
        "with or holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "a: \"b",
        "1:4: this is not YAML: while scanning a quoted scalar, found unexpected end of stream; text that begins " +
        "with or holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "--- \na: b\n---\nc: d",
        "2:1: unknown key 'a'; known: listeners, admin, trustedProxies, drainTimeout, memory, " +
        "telemetry, identity, tiers, redis, limitState, overload, cacheStore, prices, calibration, upstreams, defaults, " +
        "routes\n" +
        "2:1: key 'listeners' is missing: where callers connect\n" +
        "2:1: key 'upstreams' is missing: the services behind the gateway, by name\n" +
        "2:1: key 'routes' is missing: which requests go where\n" +
        "3:1: a second document begins here; a configuration is one document")]
    [InlineData(
        "a: &x b\nc: *x",
        "1:1: unknown key 'a'; known: listeners, admin, trustedProxies, drainTimeout, memory, " +
        "telemetry, identity, tiers, redis, limitState, overload, cacheStore, prices, calibration, upstreams, defaults, " +
        "routes\n" +
        "1:1: key 'listeners' is missing: where callers connect\n" +
        "1:1: key 'upstreams' is missing: the services behind the gateway, by name\n" +
        "1:1: key 'routes' is missing: which requests go where\n" +
        "1:4: anchors are not supported; put text that begins with '&' in quotes\n" +
        "2:1: unknown key 'c'; known: listeners, admin, trustedProxies, drainTimeout, memory, " +
        "telemetry, identity, tiers, redis, limitState, overload, cacheStore, prices, calibration, upstreams, defaults, " +
        "routes\n" +
        "2:4: aliases are not supported; put text that begins with '*' in quotes")]
    [InlineData(
        "listeners: !!seq []",
        "1:1: key 'upstreams' is missing: the services behind the gateway, by name\n" +
        "1:1: key 'routes' is missing: which requests go where\n" +
        "1:12: tags are not supported; put text that begins with '!' in quotes\n" +
        "1:12: the list is empty; it needs at least 1 item")]
    [InlineData(
        "? [a]\n: b",
        "1:1: key 'listeners' is missing: where callers connect\n" +
        "1:1: key 'upstreams' is missing: the services behind the gateway, by name\n" +
        "1:1: key 'routes' is missing: which requests go where\n1:3: a key must be a single value, not a list")]
    [InlineData(
        "{a: {b: [c}}",
        "1:11: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']'; text that begins " +
        "with or holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "%YAML 9.9\n---\na: b",
        "1:1: this is not YAML: found incompatible YAML document; text that begins with or holds any of " +
        "{}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "- address: x",
        "1:1: the file must be a mapping with keys such as listeners, not a list")]
    public void A_wrong_text_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(written));
}
