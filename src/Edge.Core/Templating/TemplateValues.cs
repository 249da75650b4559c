using Edge.Core.Identity;

namespace Edge.Core.Templating;

/// <summary>What the placeholders of a <see cref="Template"/> are filled with.</summary>
/// <param name="Caller">Who calls; null where the route asks nobody.</param>
/// <param name="RequestId">The request's identifier; null where the route wants none.</param>
public readonly record struct TemplateValues(Caller? Caller, string? RequestId)
{
    /// <summary>The value of a field, or null where there is none. Any character may be in it.</summary>
    /// <param name="field">Which.</param>
    /// <param name="claim">The claim's name, for <see cref="TemplateField.CallerClaim"/>.</param>
    public string? Get(TemplateField field, string? claim) => field switch
    {
        TemplateField.CallerId => Caller?.Id,
        TemplateField.CallerCustomId => Caller?.CustomId,
        TemplateField.CallerEmail => Caller?.Email,
        TemplateField.CallerTier => Caller?.Tier,
        TemplateField.CallerScopes => Caller is { Scopes.IsEmpty: false } caller ? caller.Scopes.Text : null,
        TemplateField.CallerClaim => Caller?.Claim(claim!),
        _ => RequestId,
    };
}
