using System.Globalization;
using System.Text;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Identity;

namespace Edge.Core.Configuration.Planning;

/// <summary>
/// Looks for issuers and credentials that could be taken for one another, and for secrets too short for their use.
/// </summary>
internal sealed class IdentityChecker(DiagnosticBag diagnostics, Checker checker)
{
    private readonly Dictionary<string, Place> _issuers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Place> _kids = new(StringComparer.Ordinal);
    private readonly Dictionary<KeyHash, Place> _hashes = [];

    /// <summary>Tells every error in <c>identity</c>.</summary>
    public void Check(EdgeOptions options)
    {
        if (options.Identity is not { Value: var identity }) return;
        foreach (var issuer in identity.Issuers.Items()) CheckIssuer(issuer);
        foreach (var consumer in identity.Consumers.Items()) CheckConsumer(consumer.Value.Value);
    }

    private void CheckIssuer(Named<IssuerOptions> issuer)
    {
        if (issuer.Name.Value == Caller.ConsumersSource)
        {
            diagnostics.Add(
                issuer.Name.Place,
                $"'{Caller.ConsumersSource}' is what a route calls the consumers of the file; choose another name");
        }

        checker.CheckAuthorities(issuer.Value.Value.Tls);
        if (issuer.Value.Value.Issuer is not { } name) return;
        if (!_issuers.TryAdd(name.Value, name.Place))
            diagnostics.Add(name.Place, $"this issuer is the same as the one on line {Line(_issuers[name.Value])}; keep one");
        if (issuer.Value.Value.JwksUri is null && !IssuerUrl.TryDiscovery(name.Value, out _))
        {
            diagnostics.Add(
                name.Place, $"{name.Text()} is no URL, below which its keys could be found; write jwksUri beside it");
        }
    }

    private void CheckConsumer(ConsumerOptions consumer)
    {
        foreach (var jwt in consumer.Jwt.Items()) CheckSecret(jwt.Value);
        var names = new Dictionary<string, Place>(StringComparer.Ordinal);
        foreach (var key in consumer.ApiKeys.Items())
        {
            if (key.Value.Name is { } name && !names.TryAdd(name.Value, name.Place))
            {
                var first = Line(names[name.Value]);
                diagnostics.Add(name.Place, $"the API key on line {first} has this name already; choose another");
            }

            if (key.Value.Sha256 is { } hash && !_hashes.TryAdd(KeyHash.Of(hash.Value), hash.Place))
            {
                var first = Line(_hashes[KeyHash.Of(hash.Value)]);
                diagnostics.Add(
                    hash.Place, $"this is the same API key as the one on line {first}; a key belongs to one consumer");
            }

            if (key.Value is { NotBefore: { } begin, Expires: { } end } && begin.Value >= end.Value)
                diagnostics.Add(end.Place, "the key expires before it begins to be valid");
        }
    }

    private void CheckSecret(ConsumerJwtOptions jwt)
    {
        if (jwt.Kid is { } kid && !_kids.TryAdd(kid.Value, kid.Place))
            diagnostics.Add(kid.Place, $"the secret on line {Line(_kids[kid.Value])} has this kid already; choose another");
        if (jwt is not { Secret: { } secret, Algorithm: { } algorithm }) return;
        var bytes = JwtAlgorithms.HashBytes(algorithm.Value);
        if (Encoding.UTF8.GetByteCount(secret.Value.Reveal()) >= bytes) return;
        diagnostics.Add(
            secret.Place,
            $"the secret is too short to sign with {JwtAlgorithms.Name(algorithm.Value)}, which takes at least {bytes} bytes " +
            "(RFC 7518, section 3.2); make one with 'openssl rand -base64 48'");
    }

    private static string Line(Place place) => place.Line.ToString(CultureInfo.InvariantCulture);
}
