using System.Globalization;
using System.Net;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;

namespace Edge.Core.Configuration.Planning;

/// <summary>
/// Looks at what no single value can tell: names that refer to others, places taken twice, files that have to fit together.
/// Skips what was refused before, so that one mistake gives one error.
/// </summary>
internal sealed class Checker(Binder binder, ConfigurationFiles files, ConsumerCollector consumers)
{
    private readonly DiagnosticBag _diagnostics = binder.Diagnostics;

    /// <summary>Tells every error in the options.</summary>
    public void Check(EdgeOptions options)
    {
        CheckAddresses(options);
        foreach (var listener in options.Listeners.Items()) CheckListener(listener.Value);
        foreach (var upstream in options.Upstreams.Items()) CheckUpstream(upstream.Value.Value);
        var tiers = new TierNames(options);
        var consumersFile = new ConsumersFileReader(files, binder.Expander, consumers, tiers);
        new IdentityChecker(_diagnostics, this, consumers, consumersFile).Check(options);
        new RouteChecker(_diagnostics).Check(options);
        new AccessChecker(_diagnostics, tiers).Check(options);
        new BodyChecker(_diagnostics, files, tiers).Check(options);
        CheckCors(options.Defaults?.Value);
        foreach (var route in options.Routes.Items()) CheckCors(route.Value);
        foreach (var tier in (options.Telemetry?.Value.Explain?.Value.Tiers).Items()) tiers.Check(tier, _diagnostics);
        CheckLogs(options.Telemetry?.Value);
        new SloChecker(_diagnostics).Check(options);
        new LimitChecker(_diagnostics, tiers).Check(options);
        new CacheChecker(_diagnostics, tiers).Check(options);
        new AttemptChecker(_diagnostics).Check(options);
        new UpgradeChecker(_diagnostics).Check(options);
    }

    private void CheckLogs(TelemetryOptions? telemetry)
    {
        foreach (var log in (telemetry?.Otlp?.Value.Logs).Items())
        {
            if (log.Value == OtlpLogs.Access && telemetry!.AccessLog is null)
                _diagnostics.Add(log.Place, "there is no accessLog to send; write one, to: /dev/null where nobody else reads it");
        }
    }

    /// <summary>There are few listeners, so that comparing each with each is cheap.</summary>
    private void CheckAddresses(EdgeOptions options)
    {
        var taken = new List<Located<IPEndPoint>>();
        foreach (var listener in options.Listeners.Items()) CheckAddress(listener.Value.Address, taken);
        if (options.Admin is { } admin) CheckAddress(admin.Value.Address, taken);
    }

    private void CheckAddress(Located<IPEndPoint>? address, List<Located<IPEndPoint>> taken)
    {
        if (address is not { } given) return;
        foreach (var other in taken)
        {
            if (!Addresses.Overlap(given.Value, other.Value)) continue;
            var line = other.Place.Line.ToString(CultureInfo.InvariantCulture);
            _diagnostics.Add(given.Place, $"this address is taken by the one on line {line}; give each listener its own");
            break;
        }

        taken.Add(given);
    }

    private void CheckListener(ListenerOptions listener)
    {
        if (listener.Tls is not { } tls) return;
        if (listener.H2c is { Value: true, Place: var place })
            _diagnostics.Add(place, "h2c is HTTP/2 without TLS; leave it out, since a listener with tls speaks HTTP/2 already");
        if (tls.Value is not { Certificate: { } certificate, Key: { } key }) return;
        var certificateText = Read(certificate);
        var keyText = Read(key);
        if (certificateText is null || keyText is null) return;
        if (Certificates.CheckCertificate(certificateText) is { } certificateProblem)
            _diagnostics.Add(certificate.Place, $"{FileNoun(certificate)} {certificateProblem}");
        else if (Certificates.CheckKey(certificateText, keyText) is { } keyProblem)
            _diagnostics.Add(key.Place, $"{FileNoun(key)} {keyProblem}");
    }

    private void CheckUpstream(UpstreamOptions upstream)
    {
        new UpstreamChecker(_diagnostics).Check(upstream);
        CheckAuthorities(upstream.Tls);
        if (upstream.Azure is { } azure && upstream.Dialect is not { Value: Dialect.OpenAI })
            _diagnostics.Add(azure.Place, "azure goes with dialect: openai alone");
    }

    /// <summary>Looks whether a file of certificate authorities has any.</summary>
    public void CheckAuthorities(Located<UpstreamTlsOptions>? tls)
    {
        if (tls?.Value.Ca is not { } ca || Read(ca) is not { } text) return;
        if (Certificates.CheckCertificate(text) is { } problem) _diagnostics.Add(ca.Place, $"{FileNoun(ca)} {problem}");
    }

    /// <summary>
    /// To let any page act with a caller's cookies is never meant. A page without origin is anybody's too: a sandboxed frame
    /// makes
    /// one of any page.
    /// </summary>
    private void CheckCors(RouteSettingsOptions? settings)
    {
        if (settings?.Cors?.Value.Value is not { } cors) return;
        var credentials = cors.Credentials is { Value: true };
        foreach (var origin in cors.Origins.Items())
        {
            if (origin.Value == Origins.Any && cors.Origins.Items().Count > 1)
                _diagnostics.Add(
                    origin.Place, "'*' is any origin and makes the others of the list pointless; keep one or the other");
            if (credentials && (origin.Value is Origins.Any or Origins.Opaque))
                _diagnostics.Add(
                    origin.Place,
                    $"'{origin.Value}' together with credentials lets any site act for the caller; list the origins");
        }

        if (!credentials) return;
        foreach (var header in (List<Located<string>>)[.. cors.Headers.Items(), .. cors.Expose.Items()])
        {
            if (header.Value == Origins.Any)
                _diagnostics.Add(header.Place, "'*' means nothing to browsers together with credentials; list the headers");
        }
    }

    private string? Read(Located<string> path)
    {
        var file = files.Read(path.Value, Certificates.PemBytesMax);
        if (file.Problem is null) return file.Text;
        _diagnostics.Add(path.Place, $"{FileNoun(path)} {file.Problem}");
        return null;
    }

    private static string FileNoun(Located<string> path) => path.Hidden ? "the file" : $"file {path.Text()}";
}
