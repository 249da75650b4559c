using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Identity;
using Edge.Core.Templating;

namespace Edge.Core.Configuration.Planning;

/// <summary>
/// Looks for names in <c>authenticate</c> and <c>authorize</c> that lead nowhere, and for what can never be told.
/// </summary>
internal sealed class AccessChecker(DiagnosticBag diagnostics, TierNames tiers)
{
    private HashSet<string> _sources = [];
    private HashSet<string> _withoutAudience = [];

    /// <summary>Tells every error about who may call.</summary>
    public void Check(EdgeOptions options)
    {
        _sources = [.. (options.Identity?.Value.Issuers).Items().Select(i => i.Name.Value), Caller.ConsumersSource];
        _withoutAudience =
            [.. (options.Identity?.Value.Issuers).Items().Where(i => i.Value.Value.Audience is null).Select(i => i.Name.Value)];
        foreach (var issuer in (options.Identity?.Value.Issuers).Items()) CheckTier(issuer.Value.Value.DefaultTier);
        foreach (var consumer in (options.Identity?.Value.Consumers).Items()) CheckTier(consumer.Value.Value.Tier);
        if (options.Defaults is { Value: var defaults }) CheckSettings(defaults);
        foreach (var route in options.Routes.Items())
        {
            CheckSettings(route.Value);
            CheckAsked(route, options.Defaults?.Value);
        }
    }

    private void CheckSettings(RouteSettingsOptions settings)
    {
        if (settings.Authenticate is { Value: { HasValue: true, Value: { } authenticate } })
        {
            foreach (var name in authenticate.With.Items()) CheckIssuer(name, authenticate.Resource is not null);
            CheckRepeats((authenticate.Resource?.Value.AuthorizationServers).Items().Select(s => (s.Value, s.Place)));
            CheckRepeats((authenticate.Resource?.Value.ScopesSupported).Items().Select(s => (s.Value, s.Place)));
            CheckRepeats(authenticate.With.Items().Select(n => (n.Value, n.Place)));
            CheckRepeats(authenticate.From.Items().Select(p => (p.Value.ToString(), p.Place)));
            CheckTier(authenticate.Anonymous?.Value.Tier);
        }

        if (settings.Authorize is { Value: { HasValue: true, Value: { } authorize } })
        {
            foreach (var tier in authorize.Tiers.Items()) CheckTier(tier);
            CheckRepeats(authorize.Tiers.Items().Select(t => (t.Value, t.Place)));
            CheckRepeats(authorize.Scopes.Items().Select(s => (s.Value, s.Place)));
        }
    }

    /// <summary>Whether somebody is asked who calls, where something depends on it.</summary>
    private void CheckAsked(Located<RouteOptions> route, RouteSettingsOptions? defaults)
    {
        if (!IsAsked(route.Value.Authenticate ?? defaults?.Authenticate))
        {
            if (route.Value.Authorize is { } own && AsksForCaller(own.Value))
            {
                diagnostics.Add(
                    own.Place, "nobody is asked who they are here; write authenticate too, or only allowIps and denyIps");
            }
            else if (route.Value.Authorize is null && defaults?.Authorize is { } given && AsksForCaller(given.Value))
            {
                var place = route.Value.Authenticate?.Place ?? route.Value.Name?.Place ?? route.Place;
                diagnostics.Add(
                    place, "the defaults' authorize asks who calls and this route does not; write authorize: none here too");
            }

            const string missing =
                "nobody is asked who they are here, so that there is nothing to put in; write authenticate too";
            CheckHeaders(route.Value.Request, p => p.IsAboutCaller, missing);
            CheckHeaders(route.Value.Response, p => p.IsAboutCaller, missing);
        }

        if ((route.Value.RequestId ?? defaults?.RequestId) is not { Value.HasValue: true })
        {
            const string missing = "requests have no identifier here, so that there is nothing to put in; write requestId too";
            CheckHeaders(route.Value.Request, p => p.Field == TemplateField.RequestId, missing);
            CheckHeaders(route.Value.Response, p => p.Field == TemplateField.RequestId, missing);
        }
    }

    private void CheckHeaders(Located<MessageOptions>? message, Func<TemplatePart, bool> isOf, string problem)
    {
        if (message?.Value.Headers?.Value is not { } headers) return;
        foreach (var header in headers.Set.Items().Concat(headers.Add.Items()))
        {
            if (header.Value.Value.Parts.Any(isOf)) diagnostics.Add(header.Value.Place, problem);
        }
    }

    private void CheckIssuer(Located<string> name, bool isOfResource)
    {
        CheckSource(name);
        if (isOfResource || !_withoutAudience.Contains(name.Value)) return;
        diagnostics.Add(
            name.Place, $"issuer {name.Text()} has no audience, so that its tokens for anybody would be taken here; write " +
            "audience there, or resource here");
    }

    private void CheckSource(Located<string> name)
    {
        if (_sources.Contains(name.Value)) return;
        var suggestion = diagnostics.IsFull ? "" : Nearest.Suggest(name.Hidden ? "" : name.Value, _sources);
        diagnostics.Add(name.Place, $"{name.Text()} is no issuer of identity.issuers; {suggestion}");
    }

    private void CheckTier(Located<string>? tier) => tiers.Check(tier, diagnostics);

    private void CheckRepeats(IEnumerable<(string Text, Place Place)> items)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (text, place) in items)
        {
            if (!seen.Add(text)) diagnostics.Add(place, "this is in the list already; keep one");
        }
    }

    private static bool IsAsked(Located<Optional<AuthenticateOptions>>? authenticate) =>
        authenticate is { Value.HasValue: true };

    private static bool AsksForCaller(Optional<AuthorizeOptions> authorize) =>
        authorize is { HasValue: true, Value: var value }
        && (value!.Scopes.Items().Count > 0 || value.Tiers.Items().Count > 0 || value.Claims.Items().Count > 0);
}
