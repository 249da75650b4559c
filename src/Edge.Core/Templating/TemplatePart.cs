namespace Edge.Core.Templating;

/// <summary>A piece of a <see cref="Template"/>: a text, or a placeholder.</summary>
public readonly record struct TemplatePart
{
    /// <summary>Most characters of a claim's name in a placeholder.</summary>
    public const int ClaimCharsMax = 256;

    /// <summary>What is wrong with a brace that opens and does not close.</summary>
    internal const string Unclosed = "has a '{' without a '}'; write '{{' for a brace";

    private const string ClaimPrefix = "caller.claims.";
    private const string Known =
        "has an unknown placeholder; known: {caller.id}, {caller.customId}, {caller.email}, {caller.tier}, {caller.scopes}, " +
        "{caller.claims.NAME}, {request.id}; write '{{' for a brace";

    /// <summary>A text.</summary>
    public TemplatePart(string literal) => Literal = literal;

    /// <summary>A placeholder.</summary>
    public TemplatePart(TemplateField field, string? claim)
    {
        Field = field;
        Claim = claim;
    }

    /// <summary>The text, or null for a placeholder.</summary>
    public string? Literal { get; }

    /// <summary>What a placeholder stands for.</summary>
    public TemplateField Field { get; }

    /// <summary>The name of the claim that it stands for, or null.</summary>
    public string? Claim { get; }

    /// <summary>True where it is about the caller.</summary>
    public bool IsAboutCaller => Field is not (TemplateField.None or TemplateField.RequestId);

    /// <summary>Reads what stands between the braces.</summary>
    internal static bool TryParse(ReadOnlySpan<char> name, out TemplatePart part, out string? problem)
    {
        problem = null;
        part = name switch
        {
            "caller.id" => new TemplatePart(TemplateField.CallerId, null),
            "caller.customId" => new TemplatePart(TemplateField.CallerCustomId, null),
            "caller.email" => new TemplatePart(TemplateField.CallerEmail, null),
            "caller.tier" => new TemplatePart(TemplateField.CallerTier, null),
            "caller.scopes" => new TemplatePart(TemplateField.CallerScopes, null),
            "request.id" => new TemplatePart(TemplateField.RequestId, null),
            _ when name.StartsWith(ClaimPrefix, StringComparison.Ordinal)
                && name.Length > ClaimPrefix.Length && name.Length <= ClaimPrefix.Length + ClaimCharsMax
                => new TemplatePart(TemplateField.CallerClaim, name[ClaimPrefix.Length..].ToString()),
            _ => default,
        };
        if (part.Field == TemplateField.None)
        {
            problem = Known;
        }

        return problem is null;
    }
}
