using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>Configurations that are right, for tests that break them.</summary>
internal static class Samples
{
    public const string Path = "/etc/edge/edge.yaml";

    /// <summary>The least that there can be. Line 2: address; line 5: targets; line 7: the route.</summary>
    public const string Minimal = """
        listeners:
          - address: 0.0.0.0:8080
        upstreams:
          openai:
            targets: [https://api.openai.com]
        routes:
          - name: all
            upstream: openai
        """;

    /// <summary>Every key once.</summary>
    public const string Full = """
        listeners:
          - address: 0.0.0.0:8080
            h2c: true
            requestHeadersMax: 64KiB
            requestBodyMax: 20MB
            headersTimeout: 5s
            keepAliveTimeout: 1m30s
            connectionsMax: 100
          - address: "[::1]:8443"
            tls: { certificate: tls.crt, key: /keys/tls.key, minimum: "1.3" }
        admin: { address: localhost:9901, token: "${ADMIN_TOKEN}" }
        trustedProxies: [10.0.0.0/8, 192.168.1.1, "2001:db8::/32"]
        drainTimeout: 45s
        telemetry: { auditLog: { to: audit.jsonl, events: [refusals, keys] } }
        identity:
          failureLimit: { failures: 5, within: 2m }
          consumersFile: consumers.jsonl
          issuers:
            corp:
              issuer: https://id.example.com/
              jwksUri: https://id.example.com/keys?v=1
              audience: [https://api.example.com, chat]
              algorithms: [RS256, PS512, ES384]
              clockSkew: 10s
              typ: at+jwt
              maximumLifetime: 2h
              refresh: 10m
              claims: { consumer: client_id, email: mail, tier: "https://example.com/tier", scopes: scp }
              defaultTier: free
              tls: { ca: ca.pem }
            other: { issuer: "https://other.example.com", audience: chat }
          consumers:
            mobile-app:
              customId: app_mobile_v1
              email: mobile@example.com
              tier: starter
              scopes: [chat.read, chat.write]
              jwt: [{ kid: mobile-1, algorithm: HS384, secret: "${SIGNING_SECRET}" }]
              apiKeys:
                - name: laptop
                  sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                  notBefore: 2026-01-01
                  expires: 2027-01-31T12:00:00+02:00
        tiers: { free: { upgradeUrl: https://example.com/pricing }, starter: {} }
        redis:
          endpoints: [10.0.0.1:6379]
          user: edge
          password: "${ADMIN_TOKEN}"
          sentinelPrimary: main
          tls: true
          timeout: 20ms
          whenDown: closed
          prefix: e
        upstreams:
          openai:
            dialect: openai
            targets: [https://api.openai.com, { url: "https://Proxy.example.com:8443/base/", weight: 3 }]
            balance: { by: hash, header: X-User, slowStart: 20s, panicBelow: 40% }
            credential: "${file:secrets/openai}"
            breaker:
              { failures: 7, ratio: 12.5%, volume: 30, within: 5s, openFor: 20s, successes: 3, trials: 2, on: [connect, "429"] }
            health: { path: "/health?deep=1", every: 3s, timeout: 1s, unhealthy: 4, healthy: 5, status: [200, 3xx] }
            outlier:
              { failures: 8, margin: 30%, volume: 40, within: 6s, ejectFor: 7s, ejectForMax: 8m, ejectedMax: 25%, on: [5xx] }
            headers: { set: { X-Set: a }, add: { X-Add: "b {{c}" }, remove: [X-Remove] }
            timeouts: { connect: 1s, firstByte: 2s, idle: 3s, total: 4s }
            tls: { ca: ca.pem }
            connectionsMax: 7
            connectionLifetime: 1h
            connectionIdleTimeout: 10s
            responseHeadersMax: 16KiB
          vectors: { dialect: http, targets: ["http://127.0.0.1:9000"], credentials: ["${file:secrets/openai}", other] }
        defaults:
          requestId: { header: X-Request-ID, echo: true }
          request: { headers: { set: { X-Edge: "1" } } }
          response: { headers: { set: { X-Gateway-Version: "${VERSION:-1.0.0}" } } }
          forwarded: x-forwarded
          heartbeat: 15s
          requestBodyMax: 1MiB
          cors: { origins: ["*"] }
          securityHeaders: api
        routes:
          - name: chat
            match: { hosts: [api.example.com, "*.example.com"], path: /v1/chat/*, methods: [GET, POST] }
            upstream: openai
            stripPath: true
            preserveHost: true
            requestId: { header: X-Trace, echo: false }
            authenticate:
              with: [corp, consumers]
              from: [authorization, x-api-key, "header:X-Token", "query:jwt", "cookie:jwt"]
              maximumLifetime: 1h
              anonymous: { tier: free }
              resource:
                identifier: https://api.example.com/chat
                authorizationServers: [https://id.example.com/]
                scopesSupported: [chat.read, chat.admin]
                name: Chat
                documentation: https://example.com/docs
            authorize:
              scopes: [chat.write]
              tiers: [free, starter]
              claims: { dept: sales }
              allowIps: [10.0.0.0/8]
              denyIps: [10.9.0.0/16]
            request: { headers: { remove: [Cookie] } }
            response: { headers: { add: { Vary: Origin } } }
            limits:
              - { name: a, per: [ip, "header:X-A"], requests: 10, window: 1m, burst: 5, algorithm: bucket }
              - { name: b, per: global, requests: 10, window: month, zone: UTC }
              - { name: c, per: route, concurrent: 3 }
            forwarded: none
            heartbeat: 250ms
            requestBodyMax: 64KiB
            cors:
              origins: [https://app.example.com, "https://*.example.com:8443", capacitor://localhost]
              methods: [GET, PUT]
              headers: [X-A, Content-Type]
              expose: [X-B]
              credentials: true
              maxAge: 1h
            securityHeaders:
              base: strict
              strictTransportSecurity: max-age=60
              contentSecurityPolicy: "sandbox; default-src 'none'"
              frameOptions: SAMEORIGIN
              contentTypeOptions: none
              referrerPolicy: origin
              permissionsPolicy: none
              crossOriginOpenerPolicy: unsafe-none
              crossOriginResourcePolicy: none
          - name: users
            match: { path: "/users/{id}/posts" }
            upstream: vectors
        """;

    private static readonly Lazy<(string Certificate, string Key)> Pair = new(() => MakePair("edge.test"));
    private static readonly Lazy<(string Certificate, string Key)> OtherPair = new(() => MakePair("other.test"));

    public static string CertificatePem => Pair.Value.Certificate;

    public static string KeyPem => Pair.Value.Key;

    public static string OtherCertificatePem => OtherPair.Value.Certificate;

    public static string OtherKeyPem => OtherPair.Value.Key;

    /// <summary>The minimum with another address, which begins at 2:14; more lines may follow it.</summary>
    public static string WithAddress(string address) => Minimal.Replace("0.0.0.0:8080", address, StringComparison.Ordinal);

    /// <summary>The minimum with one more key in its listener, at 3:5.</summary>
    public static string WithListenerKey(string key) =>
        Minimal.Replace("\nupstreams:", $"\n    {key}\nupstreams:", StringComparison.Ordinal);

    /// <summary>The minimum with other targets, the first of which begins at 5:15.</summary>
    public static string WithTargets(string targets) =>
        Minimal.Replace("https://api.openai.com", targets, StringComparison.Ordinal);

    /// <summary>The minimum with one more key in its upstream, at 6:5.</summary>
    public static string WithUpstreamKey(string key) =>
        Minimal.Replace("\nroutes:", $"\n    {key}\nroutes:", StringComparison.Ordinal);

    /// <summary>The minimum with one more key in its route, at 9:5.</summary>
    public static string WithRouteKey(string key) => WithLine("    " + key);

    /// <summary>The minimum with one more line, the ninth.</summary>
    public static string WithLine(string line) => $"{Minimal}\n{line}";

    /// <summary>A source in which everything is that <see cref="Full"/> asks for.</summary>
    public static FakeSource Source()
    {
        var source = new FakeSource();
        source.Variables["ADMIN_TOKEN"] = "admin-token";
        source.Variables["SIGNING_SECRET"] = new string('s', 48);
        source.AddFile("/etc/edge/secrets/openai", "sk-openai\n");
        source.AddFile("/etc/edge/tls.crt", CertificatePem);
        source.AddFile("/keys/tls.key", KeyPem);
        source.AddFile("/etc/edge/ca.pem", CertificatePem);
        source.AddFile("/etc/edge/consumers.jsonl", "");

        // What the tables of errors refer to; a secret with a brace in it, which no error may repeat.
        source.Variables["SECRET"] = "hunter2 {x}";
        source.AddFile("/etc/edge/text", "hello");
        source.AddFile("/latin", [0xe9]);
        source.AddFile("/big", new byte[64 * 1024 + 1]);
        source.AddFailure("/etc/edge/dir", FileOutcome.IsDirectory);
        source.AddFailure("/denied", FileOutcome.Denied);
        source.AddFailure("/broken", FileOutcome.Failed);
        return source;
    }

    public static ConfigurationResult Load(string text, FakeSource? source = null) =>
        ConfigurationLoader.LoadText(text, Path, source ?? Source());

    /// <summary>The plan of a text in which nothing is wrong.</summary>
    public static EdgePlan Plan(string text, FakeSource? source = null)
    {
        var result = Load(text, source);
        Assert.Equal("", string.Join('\n', result.Diagnostics));
        Assert.True(result.IsValid);
        return result.Plan;
    }

    /// <summary>The errors of a text as <c>line:column: message</c>.</summary>
    public static string Errors(string text, FakeSource? source = null)
    {
        var result = Load(text, source);
        Assert.False(result.IsValid);
        Assert.All(result.Diagnostics, d => Assert.Equal(Path, d.File));
        return string.Join('\n', result.Diagnostics.Select(d => $"{d.Line}:{d.Column}: {d.Message}"));
    }

    private static (string Certificate, string Key) MakePair(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var certificate = request.CreateSelfSigned(from, from.AddYears(10));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
