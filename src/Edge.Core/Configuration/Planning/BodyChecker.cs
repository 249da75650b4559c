using System.Linq;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Llm;
using Edge.Core.Templating;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks at schemas, at the names in rewriting rules, and at settings that would do nothing.</summary>
internal sealed class BodyChecker(DiagnosticBag diagnostics, ConfigurationFiles files, TierNames tiers)
{
    /// <summary>Tells every error about bodies.</summary>
    public void Check(EdgeOptions options)
    {
        if (options.Defaults is { Value: var defaults }) CheckSettings(defaults);
        CheckEstimates(options);
        foreach (var route in options.Routes.Items())
        {
            CheckSettings(route.Value);
            var metering = route.Value.Metering ?? options.Defaults?.Value.Metering;
            var limits = route.Value.Limits ?? options.Defaults?.Value.Limits;

            // What is limited by tokens or money is metered, whatever the file says of it.
            var isSpending = limits.Items().Any(static l => l.Value is { Tokens: not null } or { Usd: not null });
            if (diagnostics.IsEmpty && !isSpending && route.Value.OnExhausted is { Value: true } exhausted)
                diagnostics.Add(exhausted.Place, "no tokens and no money are limited here, so that nothing can be used up");
            if (metering is { Value.HasValue: true } || isSpending) continue;
            if (route.Value.OnDisconnect is { Value.Drain: not null, Place: var place })
                diagnostics.Add(place, "nothing is metered here, so that there is nothing to learn; write metering: {} too");
        }
    }

    private void CheckEstimates(EdgeOptions options)
    {
        if (!diagnostics.IsEmpty) return;
        var all = options.Defaults?.Value;
        var isUsed = false;
        foreach (var route in options.Routes.Items().Select(static r => r.Value))
        {
            isUsed |= (route.Estimate ?? all?.Estimate)?.Value is EstimateKind.Calibrated or EstimateKind.Exact;
            var limits = (route.Limits ?? all?.Limits).Items();
            if (route.Estimate is { Value: not EstimateKind.Chars4, Place: var place }
                && (route.Metering ?? all?.Metering) is not { Value.HasValue: true }
                && !limits.Any(static l => l.Value is { Tokens: not null } or { Usd: not null })
                && !options.Tiers.Items().Any(static t => t.Value.Value.RequestTokensMax is not null))
                diagnostics.Add(place,
                    "no tokens are counted or limited here, so that none are estimated; write metering: {} too");
        }

        if (options.Calibration is { } calibration && !isUsed)
            diagnostics.Add(calibration.Place,
                "nothing is learned; write estimate: calibrated, or exact, in defaults or a route");
    }

    private void CheckSettings(RouteSettingsOptions settings)
    {
        if (settings.Validate?.Value.Value?.Schema is { } schema) CheckSchema(schema);
        foreach (var item in settings.Rewrite.Items()) CheckItem(item);
    }

    private void CheckSchema(Located<string> schema)
    {
        if (BuiltInSchemas.Find(schema.Value) is not null) return;
        var (_, problem) = BodyBuilder.ReadSchema(files, schema.Value);
        if (problem is null) return;
        var noun = schema.Hidden ? "the schema file" : $"schema file {schema.Text()}";
        var isName = !schema.Hidden && !schema.Value.Contains('.', StringComparison.Ordinal);
        var suggestion = isName && !diagnostics.IsFull ? "; " + Nearest.Suggest(schema.Value, BuiltInSchemas.Names) : "";
        diagnostics.Add(schema.Place, $"{noun} {problem}{suggestion}");
    }

    private void CheckItem(Located<RewriteOptions> item)
    {
        var rules = item.Value;
        var changes = rules is not { From: null, Body: null, SystemMessage: null, Default: null, Set: null };

        // Where something else was refused, it may have been what the rule does.
        if (diagnostics.IsEmpty && !changes && rules is { Rename: null, Remove: null, Clamp: null })
            diagnostics.Add(item.Place, "this rule does nothing; write what it changes, such as set: { ... }");
        foreach (var tier in (rules.When?.Value.Tier).Items()) tiers.Check(tier, diagnostics);
        foreach (var value in rules.Default.Items().Concat(rules.Set.Items()).Select(v => v.Value))
        {
            foreach (var tier in value.Value.ByTier?.Keys ?? Enumerable.Empty<string>())
                tiers.Check(new Located<string>(tier, value.Place), diagnostics);
            foreach (var template in value.Value.Templates) CheckTemplate(template, value.Place);
        }

        if (rules.Body is { } body) CheckBody(body);
        if (rules.SystemMessage is { } message) CheckTemplate(message.Value, message.Place);
        foreach (var clamp in rules.Clamp.Items()) CheckClamp(clamp);
    }

    private void CheckBody(Located<RewriteValue> body)
    {
        foreach (var template in body.Value.Templates) CheckTemplate(template, body.Place);
        if (body.Value.Template is not { IsObject: true })
            diagnostics.Add(body.Place, "a body is mapped to one object; write { ... } with its members");
    }

    private void CheckClamp(Named<List<Located<byte[]>>> clamp)
    {
        // An item that could not be read has been told of.
        if (clamp.Value.Value.Count != 2) return;
        try
        {
            BodyBuilder.Clamp(clamp);
        }
        catch (RewriteException exception)
        {
            diagnostics.Add(clamp.Value.Place, exception.Message);
        }
    }

    private void CheckTemplate(RewriteTemplate template, Place place)
    {
        foreach (var name in template.CallerNames)
        {
            if (!TemplatePart.TryParse("caller." + name, out _, out _))
                diagnostics.Add(
                    place,
                    $"{Show.Quote(name)} is nothing that is known of a caller; there are id, customId, email, tier, scopes " +
                    "and claims.NAME");
        }
    }
}
