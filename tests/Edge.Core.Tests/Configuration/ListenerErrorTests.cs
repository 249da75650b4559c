namespace Edge.Core.Tests.Configuration;

/// <summary>What is said of wrong listeners, with its place.</summary>
public sealed class ListenerErrorTests
{
    [Theory]
    [InlineData(
        "0.0.0.0",
        "2:14: '0.0.0.0' is not an address; write an IP address with a port, such as 0.0.0.0:8080, \"[::1]:8080\", " +
        "localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "0.0.0.0:65536",
        "2:14: '0.0.0.0:65536' has no port from 0 to 65535 after the last ':'")]
    [InlineData(
        "0.0.0.0:",
        "2:21: this is not YAML: while scanning a plain scalar value, found invalid mapping; text that begins with " +
        "or holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "example.com:80",
        "2:14: 'example.com:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, " +
        "\"[::1]:8080\", localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "10.1:80",
        "2:14: '10.1:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, \"[::1]:8080\", " +
        "localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "010.0.0.1:80",
        "2:14: '010.0.0.1:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, " +
        "\"[::1]:8080\", localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "::1:80",
        "2:14: '::1:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, \"[::1]:8080\", " +
        "localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "[::]:80",
        "2:19: this is not YAML: while parsing a block mapping, did not find expected key; text that begins with or " +
        "holds any of {}[],&*#?|>!%@` or ': ' must stand in quotes")]
    [InlineData(
        "*:8080",
        "2:14: aliases are not supported; put text that begins with '*' in quotes")]
    [InlineData(
        "\"[::g]:80\"",
        "2:14: '[::g]:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, \"[::1]:8080\", " +
        "localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "\"[fe80::1%eth0]:80\"",
        "2:14: '[fe80::1%eth0]:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, " +
        "\"[::1]:8080\", localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "\"[]:80\"",
        "2:14: '[]:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, \"[::1]:8080\", " +
        "localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "",
        "2:13: there is no value here; write an address with a port")]
    [InlineData(
        "{}",
        "2:14: this must be an address with a port, not a mapping")]
    [InlineData(
        "http://0.0.0.0:80",
        "2:14: 'http://0.0.0.0:80' is not an address; write an IP address with a port, such as 0.0.0.0:8080, " +
        "\"[::1]:8080\", localhost:8080 or \"*:8080\" for every address")]
    [InlineData(
        "0.0.0.0:8080\n  - address: 127.0.0.1:8080",
        "3:14: this address is taken by the one on line 2; give each listener its own")]
    [InlineData(
        "0.0.0.0:8080\n  - address: \"*:8080\"",
        "3:14: this address is taken by the one on line 2; give each listener its own")]
    [InlineData(
        "\"[::1]:8080\"\n  - address: \"[::1]:8080\"",
        "3:14: this address is taken by the one on line 2; give each listener its own")]
    [InlineData(
        "\"${SECRET}\"",
        "2:14: the expanded value is not an address; write an IP address with a port, such as 0.0.0.0:8080, " +
        "\"[::1]:8080\", localhost:8080 or \"*:8080\" for every address")]
    public void A_wrong_address_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithAddress(written)));

    [Theory]
    [InlineData(
        "h2c: yes",
        "3:10: 'yes' is neither true nor false; write one of these")]
    [InlineData(
        "h2c: True",
        "3:10: 'True' is neither true nor false; write one of these")]
    [InlineData(
        "h2c: [true]",
        "3:10: this must be true or false, not a list")]
    [InlineData(
        "requestHeadersMax: 1023B",
        "3:24: '1023B' is out of range; write a size from 1KiB to 1MiB")]
    [InlineData(
        "requestHeadersMax: 1048577B",
        "3:24: '1048577B' is out of range; write a size from 1KiB to 1MiB")]
    [InlineData(
        "requestHeadersMax: 32768",
        "3:24: '32768' is not a size; write a number with a unit, such as 512B, 64KiB, 1MiB or 10MB")]
    [InlineData(
        "requestHeadersMax: 32kb",
        "3:24: '32kb' is not a size; write a number with a unit, such as 512B, 64KiB, 1MiB or 10MB")]
    [InlineData(
        "requestHeadersMax: 99999999999999GiB",
        "3:24: '99999999999999GiB' is out of range; write a size from 1KiB to 1MiB")]
    [InlineData(
        "requestHeadersMax: 99999999999999999999B",
        "3:24: '99999999999999999999B' is out of range; write a size from 1KiB to 1MiB")]
    [InlineData(
        "requestHeadersMax: -1KiB",
        "3:24: '-1KiB' is not a size; write a number with a unit, such as 512B, 64KiB, 1MiB or 10MB")]
    [InlineData(
        "requestBodyMax: 1025GiB",
        "3:21: '1025GiB' is out of range; write a size from 0B to 1024GiB")]
    [InlineData(
        "headersTimeout: 10",
        "3:21: '10' is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d")]
    [InlineData(
        "headersTimeout: 0s",
        "3:21: '0s' is out of range; write a duration from 1ms to 24d")]
    [InlineData(
        "headersTimeout: 24d1ms",
        "3:21: '24d1ms' is out of range; write a duration from 1ms to 24d")]
    [InlineData(
        "headersTimeout: 1s1m",
        "3:21: '1s1m' is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d")]
    [InlineData(
        "headersTimeout: 1.5s",
        "3:21: '1.5s' is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d")]
    [InlineData(
        "headersTimeout: 9999999999999999d",
        "3:21: '9999999999999999d' is out of range; write a duration from 1ms to 24d")]
    [InlineData(
        "keepAliveTimeout: \"\"",
        "3:23: '' is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s, 1h or 30d")]
    [InlineData(
        "connectionsMax: 0",
        "3:21: '0' is out of range; write a whole number from 1 to 1000000")]
    [InlineData(
        "connectionsMax: 1000001",
        "3:21: '1000001' is out of range; write a whole number from 1 to 1000000")]
    [InlineData(
        "connectionsMax: many",
        "3:21: 'many' is not a whole number from 1 to 1000000")]
    [InlineData(
        "connectionsMax: 99999999999",
        "3:21: '99999999999' is out of range; write a whole number from 1 to 1000000")]
    [InlineData(
        "conectionsMax: 5",
        "3:5: unknown key 'conectionsMax'; did you mean 'connectionsMax'?")]
    [InlineData(
        "redis: {}",
        "3:5: unknown key 'redis'; known: address, tls, h2c, requestHeadersMax, requestBodyMax, headersTimeout, " +
        "keepAliveTimeout, connectionsMax, connectionsPerAddress")]
    [InlineData(
        "address: 0.0.0.0:9090",
        "3:5: key 'address' is here twice, first on line 2; keep one")]
    [InlineData(
        "tls: {}",
        "3:10: key 'certificate' is missing: PEM file with the certificate and then its chain\n" +
        "3:10: key 'key' is missing: PEM file with the certificate's private key, not encrypted")]
    [InlineData(
        "tls: { certificate: nope.pem, key: /nope.key }",
        "3:25: file 'nope.pem' does not exist\n3:40: file '/nope.key' does not exist")]
    [InlineData(
        "tls: { certificate: dir, key: /denied }",
        "3:25: file 'dir' is a directory\n3:35: file '/denied' may not be read by this user; look at its permissions")]
    [InlineData(
        "tls: { certificate: \"\", key: \"a\\x09b\" }",
        "3:25: '' is empty; write the path of a file\n3:34: 'a\\u0009b' holds a control character; write the path of a file")]
    [InlineData(
        "tls: { certificate: text, key: text, minimum: 1.1 }",
        "3:25: file 'text' holds no certificate; a PEM file has '-----BEGIN CERTIFICATE-----' in it\n" +
        "3:51: '1.1' is not a TLS version; write 1.2 or 1.3; did you mean '1.2'?")]
    [InlineData(
        "tls: { certificate: text, key: text, minimum: \"tls1.3\" }",
        "3:25: file 'text' holds no certificate; a PEM file has '-----BEGIN CERTIFICATE-----' in it\n" +
        "3:51: 'tls1.3' is not a TLS version; write 1.2 or 1.3")]
    [InlineData(
        "tls: true",
        "3:10: this must be TLS settings, not a single value; write keys under it, such as 'certificate: ...'")]
    [InlineData(
        "tls: { certificate: \"${SECRET}\", key: \"${SECRET}\" }",
        "3:25: the file does not exist\n3:43: the file does not exist")]
    [InlineData(
        "tls: { certificate: text, key: text }\n    h2c: true",
        "3:25: file 'text' holds no certificate; a PEM file has '-----BEGIN CERTIFICATE-----' in it\n" +
        "4:10: h2c is HTTP/2 without TLS; leave it out, since a listener with tls speaks HTTP/2 already")]
    public void A_wrong_key_of_a_listener_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithListenerKey(written)));

    [Theory]
    [InlineData(
        "admin: { address: 127.0.0.1:8080 }",
        "9:19: this address is taken by the one on line 2; give each listener its own")]
    [InlineData(
        "admin: { address: 0.0.0.0:9901, token: \"a\\x0ab\" }",
        "9:40: the value holds a line break, a control character or a character beyond ASCII, which no header can carry")]
    [InlineData(
        "admin: {}",
        "9:8: key 'address' is missing: IP address and port, as for a listener")]
    [InlineData(
        "admin: { address: \"127.0.0.1:9901\", tokn: x }",
        "9:37: unknown key 'tokn'; did you mean 'token'?")]
    public void A_wrong_admin_listener_is_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(written)));
}
