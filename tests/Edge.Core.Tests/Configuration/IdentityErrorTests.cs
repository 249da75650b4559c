namespace Edge.Core.Tests.Configuration;

public sealed class IdentityErrorTests
{
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Secret = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("authenticate: {}", "9:19: key 'with' is missing: names of issuers, and `consumers` for those of the file")]
    [InlineData("authenticate: { with: [] }", "9:27: the list is empty; it needs at least 1 item")]
    [InlineData(
        "authenticate: { with: [consumer] }",
        "9:28: 'consumer' is no issuer of identity.issuers; did you mean 'consumers'?")]
    [InlineData("authenticate: { with: [corp] }", "9:28: 'corp' is no issuer of identity.issuers; known: consumers")]
    [InlineData("authenticate: { with: [consumers, consumers] }", "9:39: this is in the list already; keep one")]
    [InlineData("authenticate: { with: [consumers], from: [] }", "9:46: the list is empty; it needs at least 1 item")]
    [InlineData(
        "authenticate: { with: [consumers], from: [Authorization] }",
        "9:47: 'Authorization' is not a place for a credential; write authorization, x-api-key, api-key, header:NAME, " +
        "query:NAME, cookie:NAME or protocol:PREFIX; did you mean 'authorization'?")]
    [InlineData(
        "authenticate: { with: [consumers], from: [\"querry:jwt\"] }",
        "9:47: 'querry:jwt' is not a place for a credential; write authorization, x-api-key, api-key, header:NAME, " +
        "query:NAME, cookie:NAME or protocol:PREFIX; did you mean 'query:jwt'?")]
    [InlineData(
        "authenticate: { with: [consumers], from: [authorization, \"query:\"] }",
        "9:62: 'query:' names no parameter of a query; write letters, digits and - . _ ~ after 'query:'")]
    [InlineData(
        "authenticate: { with: [consumers], from: [\"query:a=b\"] }",
        "9:47: 'query:a=b' names no parameter of a query; write letters, digits and - . _ ~ after 'query:'")]
    [InlineData(
        "authenticate: { with: [consumers], from: [\"cookie:a b\"] }",
        "9:47: 'cookie:a b' names no cookie; write letters, digits and '-' or '_' after 'cookie:'")]
    [InlineData(
        "authenticate: { with: [consumers], from: [\"header:Content-Length\"] }",
        "9:47: 'header:Content-Length' names no header that could carry a credential; write its name after 'header:'")]
    [InlineData(
        "authenticate: { with: [consumers], from: [\"header:authorization\"] }",
        "9:47: 'header:authorization' is the header whose value has a scheme; write authorization")]
    [InlineData(
        "authenticate: { with: [consumers], from: [\"header:X-Api-Key\", x-api-key] }",
        "9:67: this is in the list already; keep one")]
    [InlineData(
        "authenticate: { with: [consumers], resource: {} }",
        "9:50: key 'identifier' is missing: the URL at which clients know it: `resource` in its metadata")]
    [InlineData(
        "authenticate: { with: [consumers], resource: { identifier: \"https://a/b?c\" } }",
        "9:64: 'https://a/b?c' has a query; leave it out")]
    [InlineData(
        "authenticate: { with: [consumers], resource: { identifier: \"https://a/b#c\" } }",
        "9:64: 'https://a/b#c' has a fragment; leave it out")]
    [InlineData("authorize: { scopes: [\"a b\"] }",
        "9:27: 'a b' is not a scope; write 1 to 256 visible characters but no space, '\"' or '\\', one scope an item")]
    [InlineData("authorize: { scopes: [a] }",
        "9:16: nobody is asked who they are here; write authenticate too, or only allowIps and denyIps")]
    [InlineData("authorize: { tiers: [a] }",
        "9:16: nobody is asked who they are here; write authenticate too, or only allowIps and denyIps")]
    [InlineData("authorize: { claims: { a: b } }",
        "9:16: nobody is asked who they are here; write authenticate too, or only allowIps and denyIps")]
    [InlineData("authorize: { allowIps: [10.0.0.1/8] }",
        "9:29: '10.0.0.1/8' is not the first address of its network; write 10.0.0.0/8")]
    [InlineData("request: { headers: { set: { X-Id: \"{caller.id}\" } } }",
        "9:40: nobody is asked who they are here, so that there is nothing to put in; write authenticate too")]
    [InlineData("response: { headers: { add: { X-Id: \"{request.id}\" } } }",
        "9:41: requests have no identifier here, so that there is nothing to put in; write requestId too")]
    public void What_is_wrong_with_a_routes_access_is_told_with_its_place(string key, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithRouteKey(key)));

    [Theory]
    [InlineData("consumers: { issuer: \"https://a\", audience: a }",
        "10:14: 'consumers' is what a route calls the consumers of the file; choose another name")]
    [InlineData(
        "a: { issuer: a, audience: a }",
        "10:27: 'a' is no URL, below which its keys could be found; write jwksUri beside it")]
    [InlineData("a: { issuer: \"https://a?b\", audience: a }",
        "10:27: 'https://a?b' is no URL, below which its keys could be found; write jwksUri beside it")]
    [InlineData("a: { issuer: \"https://a\" } }\ndefaults: { authenticate: { with: [a] }",
        "11:36: issuer 'a' has no audience, so that its tokens for anybody would be taken here; write audience there, or " +
        "resource here")]
    [InlineData("a: { issuer: \"https://a\", audience: a, algorithms: [HS256] }",
        "10:66: 'HS256' needs a secret that both sides have, which an issuer's published keys are not; write RS256, " +
        "RS384, RS512, " +
        "PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA")]
    [InlineData("a: { issuer: \"https://a\", audience: a, algorithms: [none] }",
        "10:66: 'none' is not an algorithm; write RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA")]
    [InlineData("a: { issuer: \"https://a\", audience: a, algorithms: [RS265] }",
        "10:66: 'RS265' is not an algorithm; write RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA; " +
        "did you mean 'RS256'?")]
    [InlineData("a: { issuer: \"https://a\", audience: [] }", "10:50: the list is empty; it needs at least 1 item")]
    [InlineData(
        "a: { issuer: \"https://a\", audience: a, jwksUri: \"https://a/#k\" }",
        "10:62: 'https://a/#k' has a fragment; leave it out")]
    [InlineData("a: { issuer: \"https://a\", audience: a }, b: { issuer: \"https://a\", audience: b }",
        "10:68: this issuer is the same as the one on line 10; keep one")]
    [InlineData("a: { issuer: \"https://a\", audience: a, tls: { ca: gone.pem } }", "10:64: file 'gone.pem' does not exist")]
    public void What_is_wrong_with_an_issuer_is_told_with_its_place(string issuers, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithLine($"identity:\n  issuers: {{ {issuers} }}")));

    [Theory]
    [InlineData($"a: {{ apiKeys: [{{ name: k, sha256: \"abc\" }}] }}",
        "10:50: 'abc' is not a SHA-256; write its 64 hexadecimal digits, as 'edge key' prints them")]
    [InlineData($"a: {{ apiKeys: [{{ name: k, sha256: {Hash}, expires: tomorrow }}] }}",
        "10:125: 'tomorrow' is not a day or a moment; write 2027-01-31, or 2027-01-31T12:00:00Z")]
    [InlineData($"a: {{ apiKeys: [{{ name: k, sha256: {Hash}, expires: 2027-02-30 }}] }}",
        "10:125: '2027-02-30' is not a day or a moment; write 2027-01-31, or 2027-01-31T12:00:00Z")]
    [InlineData($"a: {{ apiKeys: [{{ name: k, sha256: {Hash}, expires: \"2027-01-01T00:00:00\" }}] }}",
        "10:125: '2027-01-01T00:00:00' is not a day or a moment; write 2027-01-31, or 2027-01-31T12:00:00Z")]
    [InlineData($"a: {{ apiKeys: [{{ name: k, sha256: {Hash}, notBefore: 2027-01-01, expires: 2027-01-01 }}] }}",
        "10:148: the key expires before it begins to be valid")]
    [InlineData($"a: {{ apiKeys: [{{ name: k, sha256: {Hash} }}] }}, b: {{ apiKeys: [{{ name: k, sha256: {Hash} }}] }}",
        "10:155: this is the same API key as the one on line 10; a key belongs to one consumer")]
    [InlineData($"a: {{ apiKeys: [{{ name: k, sha256: {Hash} }}, {{ name: k, sha256: 0{Hash} }}] }}",
        "10:126: another API key of this consumer has this name; choose another\n" +
        "10:137: '09f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f...' is not a SHA-256; write its 64 hexadecimal " +
        "digits, as 'edge key' prints them")]
    [InlineData("a: { jwt: [{ kid: k, secret: short }] }",
        "10:45: the secret is too short to sign with HS256, which takes at least 32 bytes (RFC 7518, section 3.2); make " +
        "one with " +
        "'openssl rand -base64 48'")]
    [InlineData($"a: {{ jwt: [{{ kid: k, algorithm: HS384, secret: {Secret} }}] }}",
        "10:63: the secret is too short to sign with HS384, which takes at least 48 bytes (RFC 7518, section 3.2); make " +
        "one with " +
        "'openssl rand -base64 48'")]
    [InlineData($"a: {{ jwt: [{{ kid: k, algorithm: RS256, secret: {Secret} }}] }}",
        "10:48: 'RS256' needs a pair of keys, and a consumer has a secret; write HS256, HS384 or HS512, or use identity.issuers")]
    [InlineData($"a: {{ jwt: [{{ kid: k, secret: {Secret} }}] }}, b: {{ jwt: [{{ kid: k, secret: {Secret} }}] }}",
        "10:102: the secret on line 10 has this kid already; choose another")]
    public void What_is_wrong_with_a_consumer_is_told_with_its_place(string consumers, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithLine($"identity:\n  consumers: {{ {consumers} }}")));

    [Theory]
    [InlineData("identity: { consumers: { a: { tier: fre } } }", "10:37: 'fre' is not a tier; did you mean 'free'?")]
    [InlineData("identity: { issuers: { a: { issuer: \"https://a\", audience: a, defaultTier: gold } } }",
        "10:76: 'gold' is not a tier; known: free")]
    [InlineData(
        "defaults: { authenticate: { with: [consumers], anonymous: { tier: gold } } }",
        "10:67: 'gold' is not a tier; known: free")]
    [InlineData(
        "defaults: { authenticate: { with: [consumers] }, authorize: { tiers: [gold] } }",
        "10:71: 'gold' is not a tier; known: free")]
    public void A_tier_that_is_not_among_the_tiers_is_an_error(string line, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithLine($"tiers: {{ free: {{}} }}\n{line}")));

    [Fact]
    public void Any_tier_will_do_where_the_file_has_no_tiers() =>
        Samples.Plan(Samples.WithLine("identity: { consumers: { a: { tier: whatever } } }"));

    [Fact]
    public void A_route_that_asks_nobody_can_not_keep_the_defaults_authorisation() =>
        Assert.Equal(
            "9:19: the defaults' authorize asks who calls and this route does not; write authorize: none here too",
            Samples.Errors(Samples.WithRouteKey(
                "authenticate: none\ndefaults: { authenticate: { with: [consumers] }, authorize: { scopes: [a] } }")));

    [Fact]
    public void A_secret_is_never_repeated_by_an_error()
    {
        var errors = Samples.Errors(Samples.WithLine(
            $"identity: {{ consumers: {{ a: {{ jwt: [{{ kid: k, secret: {new string('x', 1025)} }}] }} }} }}"));
        Assert.Equal("9:55: the value has more than 1024 bytes", errors);
    }
}
