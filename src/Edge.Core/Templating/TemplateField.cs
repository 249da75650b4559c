namespace Edge.Core.Templating;

/// <summary>What a placeholder stands for.</summary>
public enum TemplateField : byte
{
    /// <summary>None: this is not a placeholder.</summary>
    None,

    /// <summary><c>{caller.id}</c>.</summary>
    CallerId,

    /// <summary><c>{caller.customId}</c>.</summary>
    CallerCustomId,

    /// <summary><c>{caller.email}</c>.</summary>
    CallerEmail,

    /// <summary><c>{caller.tier}</c>.</summary>
    CallerTier,

    /// <summary><c>{caller.scopes}</c>: all of them, separated by spaces.</summary>
    CallerScopes,

    /// <summary><c>{caller.claims.name}</c>: a claim of the caller's token.</summary>
    CallerClaim,

    /// <summary><c>{request.id}</c>.</summary>
    RequestId,
}
