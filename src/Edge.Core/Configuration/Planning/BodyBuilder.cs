using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes those parts of the plan that are about bodies.</summary>
internal static class BodyBuilder
{
    /// <summary>What a request must look like, or null.</summary>
    public static ValidatePlan? Validate(Optional<ValidateOptions> options, ConfigurationFiles files)
    {
        if (!options.HasValue) return null;
        var validate = options.Value!;
        JsonSchema? schema = null;
        LlmApi? api = null;
        if (validate.Schema is { } name)
        {
            schema = BuiltInSchemas.Find(name.Value);
            api = schema is null ? null : ApiOf(name.Value);
            schema ??= ReadSchema(files, name.Value).Schema;
        }

        return new ValidatePlan(
            schema, api, [.. validate.Query.Items().Select(q => q.Value)], [.. validate.Headers.Items().Select(h => h.Value)]);
    }

    /// <summary>Compiles a schema file.</summary>
    public static (JsonSchema? Schema, string? Problem) ReadSchema(ConfigurationFiles files, string path)
    {
        var file = files.Read(path, ValidateOptions.SchemaBytesMax);
        if (file.Problem is not null) return (null, file.Problem);
        return JsonSchema.TryParse(Encoding.UTF8.GetBytes(file.Text), out var schema, out var problems)
            ? (schema, null) : (null, $"is no JSON Schema: {problems[0]}");
    }

    /// <summary>The rewriting rules.</summary>
    public static ImmutableArray<RewriteItem> Rewrite(List<Located<RewriteOptions>> items) =>
        items.Count == 0 ? [] : [.. items.Select(item => Item(item.Value))];

    /// <summary>How requests are translated.</summary>
    public static TranslatePlan? Translate(Optional<TranslateOptions> translate) => translate.HasValue
        ? new TranslatePlan
        {
            MaxTokens = translate.Value!.MaxTokens.Get(),
            DropsUnsupported = translate.Value.Unsupported.Get(),
        }
        : null;

    /// <summary>How tokens are counted, or null for not at all.</summary>
    public static MeteringPlan? Metering(Optional<MeteringOptions> options) =>
        options.HasValue ? new MeteringPlan(options.Value!.UsageHeader.Get())
        {
            AnswerTokensMax = options.Value.AnswerTokensMax?.Value,
            RepeatsMax = options.Value.RepeatsMax?.Value,
        } : null;

    /// <summary>A tier.</summary>
    public static TierPlan Tier(string name, TierOptions tier) => new(name, tier.UpgradeUrl?.Value)
    {
        Models = tier.Models is null ? [] : [.. tier.Models.Items().Select(m => m.Value)],
        Aliases = tier.Aliases is null
            ? [] : [.. tier.Aliases.Items().Select(a => KeyValuePair.Create(a.Name.Value, a.Value.Value))],
        RequestTokensMax = tier.RequestTokensMax?.Value,
    };

    /// <summary>The condition of an item, or null.</summary>
    public static RewriteCondition? Condition(WhenOptions? when) => when is null ? null : new RewriteCondition
    {
        Tiers = [.. when.Tier.Items().Select(t => t.Value)],
        Models = [.. when.Model.Items().Select(m => m.Value)],
        Present = [.. when.Present.Items().Select(m => m.Value)],
        Missing = [.. when.Missing.Items().Select(m => m.Value)],
        Equal = [.. when.Equals.Items().Select(e => (e.Name.Value, (ReadOnlyMemory<byte>)e.Value.Value))],
        Headers = [.. when.Header.Items().Select(h => (h.Name.Value, h.Value.Value))],
    };

    /// <summary>The rule that moves a number into bounds.</summary>
    /// <exception cref="RewriteException">The bounds are none.</exception>
    public static RewriteRule Clamp(Named<List<Located<byte[]>>> clamp)
    {
        var bounds = clamp.Value.Value;
        return RewriteRule.Clamp(clamp.Name.Value, Bound(bounds[0].Value), Bound(bounds[1].Value));
    }

    private static string? Bound(byte[] json) => json.AsSpan().SequenceEqual("null"u8) ? null : Encoding.UTF8.GetString(json);

    private static RewriteItem Item(RewriteOptions item)
    {
        var rules = new List<RewriteRule>();
        foreach (var (name, value) in item.Default.Items())
        {
            rules.Add(value.Value.ByTier is { } tiers
                ? RewriteRule.DefaultByTier(name.Value, tiers) : RewriteRule.Default(name.Value, value.Value.Template!));
        }

        foreach (var (name, value) in item.Set.Items())
        {
            rules.Add(value.Value.ByTier is { } tiers
                ? RewriteRule.SetByTier(name.Value, tiers) : RewriteRule.Set(name.Value, value.Value.Template!));
        }

        rules.AddRange(item.Rename.Items().Select(r => RewriteRule.Rename(r.Name.Value, r.Value.Value)));
        rules.AddRange(item.Remove.Items().Select(r => RewriteRule.Remove(r.Value)));
        rules.AddRange(item.Clamp.Items().Select(Clamp));
        return new RewriteItem(
            Condition(item.When?.Value), item.From is not null,
            item.Body is { } body ? RewriteRule.Map(body.Value.Template!) : null, item.SystemMessage?.Value, [.. rules]);
    }

    private static LlmApi ApiOf(string schema) => schema switch
    {
        "openai-embeddings" => LlmApi.Embeddings,
        "openai-responses" => LlmApi.Responses,
        "anthropic-messages" => LlmApi.Messages,
        _ => LlmApi.ChatCompletions,
    };
}
