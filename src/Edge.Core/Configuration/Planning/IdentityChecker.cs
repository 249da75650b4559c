using System.Globalization;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Identity;

namespace Edge.Core.Configuration.Planning;

/// <summary>
/// Looks for issuers that could be taken for one another, and has the consumers collected.
/// </summary>
internal sealed class IdentityChecker(
    DiagnosticBag diagnostics, Checker checker, ConsumerCollector consumers, ConsumersFileReader consumersFile)
{
    private readonly Dictionary<string, Place> _issuers = new(StringComparer.Ordinal);

    /// <summary>Tells every error in <c>identity</c>.</summary>
    public void Check(EdgeOptions options)
    {
        if (options.Identity is not { Value: var identity }) return;
        foreach (var issuer in identity.Issuers.Items()) CheckIssuer(issuer);
        foreach (var (name, consumer) in identity.Consumers.Items()) consumers.Add(name, consumer.Value, diagnostics);
        if (identity.ConsumersFile is { } file) consumersFile.Read(file, diagnostics);
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

    private static string Line(Place place) => place.Line.ToString(CultureInfo.InvariantCulture);
}
