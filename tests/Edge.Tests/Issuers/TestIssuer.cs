using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Issuers;

/// <summary>An issuer on loopback that signs with ES256: discovery, keys and tokens. Its keys change as a test says.</summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);
    private readonly ScriptedUpstream _server;
    private volatile string[] _published = [];
    private volatile string? _insteadOfKeys;

    public TestIssuer(params string[] kids)
    {
        Publish(kids);
        _server = ScriptedUpstream.Start(AnswerAsync);
    }

    /// <summary>Its name in tokens.</summary>
    public string Url => $"http://{_server.Endpoint}";

    /// <summary>How often its keys were asked for.</summary>
    public int KeyFetches => _server.Requests.Count(static request => request.Target == "/jwks");

    /// <summary>These are its keys from now on.</summary>
    public void Publish(params string[] kids)
    {
        foreach (var kid in kids)
        {
            _keys.GetOrAdd(kid, static _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        }

        _published = kids;
    }

    /// <summary>Answers a request for keys with these bytes from now on; null: with the keys.</summary>
    public void PublishInstead(string? answer) => _insteadOfKeys = answer;

    /// <summary>Signs a token.</summary>
    /// <param name="kid">The key's name; a key that was never published is made.</param>
    /// <param name="claims">Members of the payload beside <c>iss</c>.</param>
    /// <param name="issuer">What <c>iss</c> says; null: this issuer.</param>
    public string Sign(string kid, string claims, string? issuer = null)
    {
        var key = _keys.GetOrAdd(kid, static _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var text = Encode($$"""{"alg":"ES256","kid":"{{kid}}"}""") + "." + Encode($$"""{"iss":"{{issuer ?? Url}}",{{claims}}}""");
        return text + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private async Task AnswerAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync(request.Target switch
            {
                "/jwks" => _insteadOfKeys ?? ScriptedUpstream.Ok(Keys()),
                _ => ScriptedUpstream.Ok($$"""{"issuer":"{{Url}}","jwks_uri":"{{Url}}/jwks"}"""),
            });
        }
    }

    private string Keys() => $$"""{"keys":[{{string.Join(',', _published.Select(Describe))}}]}""";

    private string Describe(string kid)
    {
        var point = _keys[kid].ExportParameters(false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        return $$"""{"kty":"EC","crv":"P-256","use":"sig","kid":"{{kid}}","x":"{{x}}","y":"{{y}}"}""";
    }
}
