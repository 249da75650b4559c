namespace Edge.Core.Tests.Configuration;

/// <summary>What is said of wrong routes, with its place.</summary>
public sealed class RouteErrorTests
{
    [Theory]
    [InlineData(
        "match: { path: v1 }",
        "9:20: 'v1' does not begin with '/', as every path does")]
    [InlineData(
        "match: { path: \"\" }",
        "9:20: '' does not begin with '/', as every path does")]
    [InlineData(
        "match: { path: \"*\" }",
        "9:20: '*' does not begin with '/', as every path does")]
    [InlineData(
        "match: { path: /v1* }",
        "9:20: '/v1*' has a '*' elsewhere than as its whole last segment; use a parameter, {name}, for one segment")]
    [InlineData(
        "match: { path: /*/v1 }",
        "9:20: '/*/v1' has a '*' elsewhere than as its whole last segment; use a parameter, {name}, for one segment")]
    [InlineData(
        "match: { path: //v1 }",
        "9:20: '//v1' has an empty segment; write single slashes")]
    [InlineData(
        "match: { path: /v1//* }",
        "9:20: '/v1//*' has an empty segment; write single slashes")]
    [InlineData(
        "match: { path: /a/./b }",
        "9:20: '/a/./b' has a segment '.' or '..', which never arrives; write the path without it")]
    [InlineData(
        "match: { path: /a/.. }",
        "9:20: '/a/..' has a segment '.' or '..', which never arrives; write the path without it")]
    [InlineData(
        "match: { path: \"/a?b=c\" }",
        "9:20: '/a?b=c' has a query, which a path does not match; leave it out")]
    [InlineData(
        "match: { path: \"/a#b\" }",
        "9:20: '/a#b' has a character that stands in paths only percent-encoded (a space is %20)")]
    [InlineData(
        "match: { path: \"/a b\" }",
        "9:20: '/a b' has a character that stands in paths only percent-encoded (a space is %20)")]
    [InlineData(
        "match: { path: /é }",
        "9:20: '/é' has a character that stands in paths only percent-encoded (a space is %20)")]
    [InlineData(
        "match: { path: /%41 }",
        "9:20: '/%41' percent-encodes a character that arrives unencoded; write 'A' for %41")]
    [InlineData(
        "match: { path: /%2f }",
        "9:20: '/%2f' has a percent-encoding in lower case, which arrives in upper case; write %2F")]
    [InlineData(
        "match: { path: /%zz }",
        "9:20: '/%zz' has a '%' without two hexadecimal digits; write %25 for the character itself")]
    [InlineData(
        "match: { path: /%2 }",
        "9:20: '/%2' has a '%' without two hexadecimal digits; write %25 for the character itself")]
    [InlineData(
        "match: { path: /%00 }",
        "9:20: '/%00' percent-encodes a control character, which is never let in")]
    [InlineData(
        "match: { path: \"/{id}x\" }",
        "9:20: '/{id}x' has a brace elsewhere than around a whole segment's name, as in /users/{id}")]
    [InlineData(
        "match: { path: \"/{}\" }",
        "9:20: '/{}' has a brace elsewhere than around a whole segment's name, as in /users/{id}")]
    [InlineData(
        "match: { path: \"/{1}\" }",
        "9:20: '/{1}' has a brace elsewhere than around a whole segment's name, as in /users/{id}")]
    [InlineData(
        "match: { path: \"/{id}/{id}\" }",
        "9:20: '/{id}/{id}' uses the name of a parameter twice")]
    [InlineData(
        "match: { path: \"/a{id}\" }",
        "9:20: '/a{id}' has a brace elsewhere than around a whole segment's name, as in /users/{id}")]
    [InlineData(
        "match: { path: /users/{id} }",
        "9:27: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'; text that begins " +
        "with or holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "match: { hosts: [\"${SECRET}\"], path: \"${SECRET}\", methods: [\"${SECRET}\"] }",
        "9:22: the expanded value is not a host name such as api.example.com or \"*.example.com\"\n" +
        "9:42: the expanded value does not begin with '/', as every path does\n" +
        "9:65: the expanded value is not a method; write one such as GET or POST")]
    public void A_wrong_path_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithRouteKey(written)));

    [Theory]
    [InlineData(
        "match: { hosts: a.example }",
        "9:21: this must be a list of hosts, not a single value; write [a.example]")]
    [InlineData(
        "match: { hosts: [] }",
        "9:21: the list is empty; it needs at least 1 item")]
    [InlineData(
        "match: { hosts: [A.example] }",
        "9:22: 'A.example' is not in lower case, in which hosts are compared; write a.example")]
    [InlineData(
        "match: { hosts: [\"*\"] }",
        "9:22: '*' is every host; leave hosts out for that")]
    [InlineData(
        "match: { hosts: [\"a.*.example\"] }",
        "9:22: 'a.*.example' has a '*' elsewhere than as its whole first label")]
    [InlineData(
        "match: { hosts: [*.example.com] }",
        "9:22: aliases are not supported; put text that begins with '*' in quotes")]
    [InlineData(
        "match: { hosts: [\"a.example:80\"] }",
        "9:22: 'a.example:80' has a port; hosts are matched without")]
    [InlineData(
        "match: { hosts: [a.example.] }",
        "9:22: 'a.example.' ends with a dot; leave it out")]
    [InlineData(
        "match: { hosts: [bücher.example] }",
        "9:22: 'bücher.example' is not ASCII; write an international name in its 'xn--' form")]
    [InlineData(
        "match: { hosts: [\"[::1]:80\"] }",
        "9:22: '[::1]:80' is not an IPv6 address in brackets, without a port")]
    [InlineData(
        "match: { hosts: [\"[0::1]\"] }",
        "9:22: '[0::1]' is not in the usual form of an IPv6 address; write [::1]")]
    [InlineData(
        "match: { hosts: [\"1.2.3\"] }",
        "9:22: '1.2.3' is not a host name such as api.example.com or \"*.example.com\"")]
    [InlineData(
        "match: { hosts: [\"\"] }",
        "9:22: '' is not a host name such as api.example.com or \"*.example.com\"")]
    [InlineData(
        "match: { hosts: [a.example, b.example, a.example] }",
        "9:44: this host is in the list already; keep one")]
    [InlineData(
        "match: { methods: POST }",
        "9:23: this must be a list of methods, not a single value; write [POST]")]
    [InlineData(
        "match: { methods: [post] }",
        "9:24: 'post' is not in upper case, in which requests write methods; write POST")]
    [InlineData(
        "match: { methods: [PO ST] }",
        "9:24: 'PO ST' is not a method; write one such as GET or POST")]
    [InlineData(
        "match: { methods: [CONNECT] }",
        "9:24: 'CONNECT' asks for a tunnel, which no route can give; leave it out")]
    [InlineData(
        "match: { methods: [GET, GET] }",
        "9:29: this method is in the list already; keep one")]
    [InlineData(
        "match: { method: [GET] }",
        "9:14: unknown key 'method'; did you mean 'methods'?")]
    public void A_wrong_host_or_method_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithRouteKey(written)));

    [Theory]
    [InlineData(
        "stripPath: 1",
        "9:16: '1' is neither true nor false; write one of these")]
    [InlineData(
        "requestId: { header: \"X Y\" }",
        "9:26: 'X Y' is not the name of a header; write letters, digits and '-', without ':' or spaces")]
    [InlineData(
        "requestId: true",
        "9:16: this must be request-id settings, not a single value; write keys under it, such as 'header: ...'")]
    [InlineData(
        "requestId: { header: Host }",
        "9:26: 'Host' follows from the target; use preserveHost to forward the caller's")]
    [InlineData(
        "heartbeat: never",
        "9:16: 'never' is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d")]
    [InlineData(
        "heartbeat: 0s",
        "9:16: '0s' is out of range; write a duration from 1ms to 24d")]
    [InlineData(
        "heartbeat: [1s]",
        "9:16: this must be a duration from 1ms to 24d, not a list")]
    [InlineData(
        "forwarded: rfc7293",
        "9:16: 'rfc7293' is not a choice of headers; write both, x-forwarded, rfc7239 or none; did you mean 'rfc7239'?")]
    [InlineData(
        "requestBodyMax: 10",
        "9:21: '10' is not a size; write a number with a unit, such as 512B, 64KiB, 1MiB or 10MB")]
    [InlineData(
        "upstrem: openai",
        "9:5: unknown key 'upstrem'; did you mean 'upstream'?")]
    [InlineData(
        "limitz: []",
        "9:5: unknown key 'limitz'; did you mean 'limits'?")]
    [InlineData(
        "response: { header: {} }",
        "9:17: unknown key 'header'; did you mean 'headers'?")]
    [InlineData(
        "request: []",
        "9:14: this must be changes to the request, not a list; write keys under it, such as 'headers: ...'")]
    [InlineData(
        "name: other",
        "9:5: key 'name' is here twice, first on line 7; keep one")]
    public void A_wrong_key_of_a_route_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithRouteKey(written)));

    [Theory]
    [InlineData(
        "  - { name: all, upstream: openai, match: { path: /b } }",
        "9:13: the route on line 7 has this name already; choose another")]
    [InlineData(
        "  - { name: b, upstream: opnai, match: { path: /b } }",
        "9:26: 'opnai' is not an upstream; did you mean 'openai'?")]
    [InlineData(
        "  - { name: \"a b\", upstream: openai, match: { path: /b } }",
        "9:13: 'a b' is not a name; write 1 to 100 of the characters A-Z a-z 0-9 . _ -")]
    [InlineData(
        "  - { name: b, upstream: openai }",
        "9:13: route 'all' on line 7 takes the same host, path and method; this one never would")]
    [InlineData(
        "  - { name: b, upstream: openai, match: { methods: [GET] } }",
        "9:13: route 'all' on line 7 takes the same host, path and method; this one never would")]
    [InlineData(
        "  - { name: b, upstream: openai, match: { path: \"/{a}\", methods: [GET, PUT] } }\n" +
        "  - { name: c, upstream: openai, match: { path: \"/{b}\", methods: [POST, PUT] } }",
        "10:13: route 'b' on line 9 takes the same host, path and method; this one never would")]
    [InlineData(
        "  - { name: b, upstream: openai, match: { path: /a, hosts: [a.example, b.example] } }\n" +
        "  - { name: c, upstream: openai, match: { path: /a, hosts: [c.example, b.example], methods: [GET] } }",
        "10:13: route 'b' on line 9 takes the same host, path and method; this one never would")]
    [InlineData(
        "  - {}",
        "9:5: key 'name' is missing: its name in logs and messages; no two routes have the same\n" +
        "9:5: key 'upstream' is missing: the name of the upstream that answers\n" +
        "9:5: route 'all' on line 7 takes the same host, path and method; this one never would")]
    [InlineData(
        "  - nothing",
        "9:5: this must be a route, not a single value; write keys under it, such as 'name: ...'")]
    [InlineData(
        "  - { name: b, upstream: \"${SECRET}\", match: { path: /b } }",
        "9:26: the expanded value is not a name; write 1 to 100 of the characters A-Z a-z 0-9 . _ -")]
    public void A_route_that_clashes_or_leads_nowhere_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(written)));
}
