namespace Edge.Core.Identity;

/// <summary>Why an issuer's document (JWKS or discovery) cannot be used.</summary>
public enum JwtDocumentFault : byte
{
    /// <summary>It is one.</summary>
    None,
    /// <summary>Too many bytes.</summary>
    TooLarge,
    /// <summary>Not one well-formed JSON object of valid UTF-8, or one with a member twice.</summary>
    JsonInvalid,
    /// <summary>Deeper, or with more members, than <see cref="JwtLimits"/> allow.</summary>
    TooComplex,
    /// <summary>A member that it must have is missing or has the wrong type.</summary>
    MemberInvalid,
    /// <summary>More than <see cref="JwtLimits.KeysMax"/> keys.</summary>
    TooManyKeys,
    /// <summary>A discovery document that speaks for another issuer.</summary>
    IssuerMismatch,
    /// <summary>A <c>jwks_uri</c> that is no absolute http or https URL, or has a user's name in it.</summary>
    UriInvalid,
}
