namespace Edge.Core.Tests.Configuration;

/// <summary>What is said of wrong upstreams, with its place.</summary>
public sealed class UpstreamErrorTests
{
    [Theory]
    [InlineData(
        "",
        "5:14: the list is empty; it needs at least 1 item")]
    [InlineData(
        "api.openai.com",
        "5:15: 'api.openai.com' is not a URL; write https:// or http:// and a host, such as https://api.openai.com")]
    [InlineData(
        "ftp://x",
        "5:15: 'ftp://x' is not a URL; write https:// or http:// and a host, such as https://api.openai.com")]
    [InlineData(
        "HTTPS://api.openai.com",
        "5:15: 'HTTPS://api.openai.com' is not a URL; write https:// or http:// and a host, such as https://api.openai.com")]
    [InlineData(
        "https://",
        "5:15: 'https://' has no host, or no port from 1 to 65535 after the host's ':'")]
    [InlineData(
        "https://:443",
        "5:15: 'https://:443' has no host, or no port from 1 to 65535 after the host's ':'")]
    [InlineData(
        "https://a.example:0",
        "5:15: 'https://a.example:0' has no host, or no port from 1 to 65535 after the host's ':'")]
    [InlineData(
        "https://a.example:65536",
        "5:15: 'https://a.example:65536' has no host, or no port from 1 to 65535 after the host's ':'")]
    [InlineData(
        "https://a.example:x",
        "5:15: 'https://a.example:x' has no host, or no port from 1 to 65535 after the host's ':'")]
    [InlineData(
        "https://user:pass@a.example",
        "5:15: the value holds a user or a password; use credential or headers instead")]
    [InlineData(
        "https://a.example?x=1",
        "5:15: the value has a query; a target is scheme, host, port and path")]
    [InlineData(
        "https://a.example/x?y",
        "5:15: the value has a query; a target is scheme, host, port and path")]
    [InlineData(
        "\"https://a.example/#x\"",
        "5:15: 'https://a.example/#x' has a fragment; a target is scheme, host, port and path")]
    [InlineData(
        "https://a.example//x",
        "5:15: 'https://a.example//x' has an empty segment; write single slashes")]
    [InlineData(
        "https://a.example/a/../b",
        "5:15: 'https://a.example/a/../b' has a segment '.' or '..', which never arrives; write the path without it")]
    [InlineData(
        "https://a.example/%2f",
        "5:15: 'https://a.example/%2f' has a percent-encoding in lower case, which arrives in upper case; write %2F")]
    [InlineData(
        "https://a.example/a b",
        "5:15: 'https://a.example/a b' has a character that stands in paths only percent-encoded (a space is %20)")]
    [InlineData(
        "https://bücher.example",
        "5:15: 'https://bücher.example' has a host that is not ASCII; write an international name in its 'xn--' form")]
    [InlineData(
        "https://1.2.3",
        "5:15: 'https://1.2.3' has no valid host; write a name such as api.example.com or an IP address")]
    [InlineData(
        "https://0x7f000001",
        "5:15: 'https://0x7f000001' has no valid host; write a name such as api.example.com or an IP address")]
    [InlineData(
        "https://010.0.0.1",
        "5:15: 'https://010.0.0.1' has no valid host; write a name such as api.example.com or an IP address")]
    [InlineData(
        "\"https://[::1\"",
        "5:15: 'https://[::1' has no IPv6 address between its brackets")]
    [InlineData(
        "\"https://[::g]\"",
        "5:15: 'https://[::g]' has no IPv6 address between its brackets")]
    [InlineData(
        "https://a..b",
        "5:15: 'https://a..b' has no valid host; write a name such as api.example.com or an IP address")]
    [InlineData(
        "https://-a.example",
        "5:15: 'https://-a.example' has no valid host; write a name such as api.example.com or an IP address")]
    [InlineData(
        "https://a.example\\\\b",
        "5:15: 'https://a.example\\\\b' has no valid host; write a name such as api.example.com or an IP address")]
    [InlineData(
        "https://a.example, https://A.example:443/",
        "5:34: this target is the same as the one on line 5; keep one")]
    [InlineData(
        "\"${SECRET}\"",
        "5:15: the expanded value is not a URL; write https:// or http:// and a host, such as https://api.openai.com")]
    public void A_wrong_target_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithTargets(written)));

    [Theory]
    [InlineData(
        "headers: { set: { \"X Y\": a } }",
        "6:23: 'X Y' is not the name of a header; write letters, digits and '-', without ':' or spaces")]
    [InlineData(
        "headers: { set: { Host: a, connection: b, Content-Length: \"1\" } }",
        "6:23: 'Host' follows from the target; use preserveHost to forward the caller's\n" +
        "6:32: 'connection' belongs to a single connection, which is the gateway's own affair; leave it out\n" +
        "6:47: 'Content-Length' says how the message is framed, which is the gateway's own affair; leave it out")]
    [InlineData(
        "headers: { remove: [Transfer-Encoding, Upgrade, TE, Trailer, Keep-Alive, Proxy-Connection, HTTP2-Settings, " +
        "Expect] }",
        "6:25: 'Transfer-Encoding' says how the message is framed, which is the gateway's own affair; leave it out\n" +
        "6:44: 'Upgrade' belongs to a single connection, which is the gateway's own affair; leave it out\n" +
        "6:53: 'TE' belongs to a single connection, which is the gateway's own affair; leave it out\n" +
        "6:57: 'Trailer' says how the message is framed, which is the gateway's own affair; leave it out\n" +
        "6:66: 'Keep-Alive' belongs to a single connection, which is the gateway's own affair; leave it out\n" +
        "6:78: 'Proxy-Connection' belongs to a single connection, which is the gateway's own affair; leave it out\n" +
        "6:96: 'HTTP2-Settings' belongs to a single connection, which is the gateway's own affair; leave it out\n" +
        "6:112: 'Expect' belongs to a single connection, which is the gateway's own affair; leave it out")]
    [InlineData(
        "headers: { set: { X-A: \"é\" } }",
        "6:28: the value holds a line break, a control character or a character beyond ASCII, which no header can carry")]
    [InlineData(
        "headers: { set: { X-A: \" a\" } }",
        "6:28: the value begins or ends with white space, which no header can carry")]
    [InlineData(
        "headers: { set: { X-A: \"{caller.name}\" } }",
        "6:28: the value has an unknown placeholder; known: {caller.id}, {caller.customId}, {caller.email}, {caller.tier}, " +
        "{caller.scopes}, {caller.claims.NAME}, {request.id}; write '{{' for a brace")]
    [InlineData(
        "headers: { set: { X-A: \"{{{\" } }",
        "6:28: the value has a '{' without a '}'; write '{{' for a brace")]
    [InlineData(
        "headers: { set: { X-A: \"${SECRET}\\x01\" } }",
        "6:28: the expanded value holds a line break, a control character or a character beyond ASCII, which no " +
        "header can carry")]
    [InlineData(
        "headers: { set: { X-A: a, x-a: b } }",
        "6:31: 'x-a' is here already in another case; keep one")]
    [InlineData(
        "headers: { set: { X-A: a, X-A: b } }",
        "6:31: key 'X-A' is here twice, first on line 6; keep one")]
    [InlineData(
        "headers: { set: { X-A: [a] } }",
        "6:28: this must be a header's value, not a list")]
    [InlineData(
        "headers: { set: [X-A] }",
        "6:21: this must be a mapping of headers to values, not a list")]
    [InlineData(
        "headers: { sett: { X-A: a } }",
        "6:16: unknown key 'sett'; did you mean 'set'?")]
    [InlineData(
        "headers: { remove: X-A }",
        "6:24: this must be a list of headers' names, not a single value; write [X-A]")]
    public void A_wrong_header_rule_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithUpstreamKey(written)));

    [Theory]
    [InlineData(
        "dialect: opnai",
        "6:14: 'opnai' is not a dialect; write http, openai or anthropic; did you mean 'openai'?")]
    [InlineData(
        "dialect: OpenAI",
        "6:14: 'OpenAI' is not a dialect; write http, openai or anthropic; did you mean 'openai'?")]
    [InlineData(
        "dialect: gemini",
        "6:14: 'gemini' is not a dialect; write http, openai or anthropic")]
    [InlineData(
        "timeouts: { conect: 1s }",
        "6:17: unknown key 'conect'; did you mean 'connect'?")]
    [InlineData(
        "timeouts: 5s",
        "6:15: this must be timeouts, not a single value; write keys under it, such as 'connect: ...'")]
    [InlineData(
        "tls: { ca: text }",
        "6:16: file 'text' holds no certificate; a PEM file has '-----BEGIN CERTIFICATE-----' in it")]
    [InlineData(
        "tls: { ca: missing.pem }",
        "6:16: file 'missing.pem' does not exist")]
    [InlineData(
        "tls: { verify: false }",
        "6:12: unknown key 'verify'; known: ca")]
    [InlineData(
        "connectionsMax: ${SECRET}",
        "6:21: the expanded value is not a whole number from 1 to 1000000")]
    [InlineData(
        "responseHeadersMax: 1023B",
        "6:25: '1023B' is out of range; write a size from 1KiB to 1MiB")]
    [InlineData(
        "targets: []",
        "6:5: key 'targets' is here twice, first on line 5; keep one")]
    [InlineData(
        "protocol: h2",
        "6:5: unknown key 'protocol'; known: dialect, targets, balance, credential, credentials, breaker, health, outlier, " +
        "azure, maxTokensKey, headers, timeouts, retries, tls, connectionsMax, connectionLifetime, connectionIdleTimeout, " +
        "responseHeadersMax")]
    [InlineData(
        "credential: a\n    credentials: [b, b]",
        "6:17: there are credentials too; put this one into their list\n" +
        "7:22: this credential is the same as the one on line 7; keep one")]
    [InlineData(
        "breaker: { failures: 0, ratio: 101%, volume: 5 }",
        "6:26: '0' is out of range; write a whole number from 1 to 1000\n" +
        "6:36: '101%' is not a share; write a number from 0 to 100 with a %, such as 20%\n" +
        "6:50: volume says from when on a ratio counts, and there is none; write ratio: 50% too")]
    [InlineData(
        "breaker: { on: [refused] }",
        "6:21: 'refused' is not a cause; write connect, timeout, 5xx, 429 or broken")]
    [InlineData(
        "health: { every: 5s }",
        "6:13: key 'path' is missing: what is asked for, by GET, after the target's own path")]
    [InlineData(
        "health: { path: health, status: [2xx, 600] }",
        "6:21: 'health' does not begin with '/', as every path does\n" +
        "6:43: '600' is not a status; write a number from 100 to 599, or 2xx for all of a class")]
    [InlineData(
        "outlier: { within: 5s, ejectFor: 10m }",
        "6:14: the only target is never ejected; leave outlier out, or add targets\n" +
        "6:14: this is shorter than ejectFor, the shortest time; write a longer one\n" +
        "6:24: within is the window of a margin, and there is none; write margin: 30%")]
    [InlineData(
        "balance: { by: p2c, header: X-User }",
        "6:33: a header decides only where targets are chosen by hash; write by: hash")]
    [InlineData(
        "balance: least-tokens",
        "6:14: only LLM dialects have tokens; write p2c")]
    [InlineData(
        "balance: fastest",
        "6:14: 'fastest' is not a way to choose; write p2c, round-robin, weighted, hash or least-tokens")]
    [InlineData(
        "tls: { ca: \"${SECRET}\" }",
        "6:16: the file does not exist")]
    [InlineData(
        "timeouts: { connect: 0ms, total: \"${SECRET}\" }",
        "6:26: '0ms' is out of range; write a duration from 1ms to 24d\n" +
        "6:38: the expanded value is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d")]
    public void A_wrong_key_of_an_upstream_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithUpstreamKey(written)));
}
