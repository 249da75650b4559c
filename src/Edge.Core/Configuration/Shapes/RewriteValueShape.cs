using System.Text.Json.Nodes;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>A value that a rule puts into a body: one for all callers, or one for each tier.</summary>
/// <param name="Template">The value for all; null where tiers have their own.</param>
/// <param name="ByTier">The values by tier; null where there is one for all.</param>
internal sealed record RewriteValue(RewriteTemplate? Template, Dictionary<string, RewriteTemplate>? ByTier)
{
    /// <summary>All templates of it.</summary>
    public IEnumerable<RewriteTemplate> Templates => Template is not null ? [Template] : ByTier!.Values;
}

/// <summary>
/// Any value with placeholders in its texts, or <c>{ byTier: { free: ..., ... } }</c> with one for each tier.
/// </summary>
internal sealed class RewriteValueShape : Shape<RewriteValue>
{
    private const string ByTier = "byTier";

    private static readonly JsonShape Json = new(hasPlaceholders: true);

    /// <inheritdoc/>
    public override string Noun => "any value, or one by tier";

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<RewriteValue> value)
    {
        value = default;
        if (node is not MapNode { Entries: [{ Key.Text: ByTier, Value: MapNode tiers }] })
        {
            if (!TryReadTemplate(node, binder, out var template)) return false;
            value = new Located<RewriteValue>(new RewriteValue(template, null), node.Place);
            return true;
        }

        var byTier = new Dictionary<string, RewriteTemplate>(StringComparer.Ordinal);
        foreach (var (tier, inner) in tiers.Entries)
        {
            if (!TryReadTemplate(inner, binder, out var template)) return false;
            byTier[tier.Text] = template!;
        }

        value = new Located<RewriteValue>(new RewriteValue(null, byTier), node.Place);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions) => [];

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) => Json.DefaultNode(text, place);

    /// <inheritdoc/>
    public override JsonNode? DefaultJson(string text) => Json.DefaultJson(text);

    private static bool TryReadTemplate(Node node, Binder binder, out RewriteTemplate? template)
    {
        template = null;
        if (!Json.TryRead(node, binder, out var json)) return false;
        try
        {
            template = RewriteTemplate.Parse(json.Value);
            return true;
        }
        catch (RewriteException exception)
        {
            binder.Diagnostics.Add(node.Place, exception.Message);
            return false;
        }
    }
}
