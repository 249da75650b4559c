using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>Which headers <c>securityHeaders</c> begins with.</summary>
internal enum SecurityHeadersBase
{
    /// <summary>For pages and whatever they load.</summary>
    Strict,

    /// <summary>For data, which no browser is to show.</summary>
    Api,

    /// <summary>None.</summary>
    None,
}

/// <summary>The object <c>securityHeaders</c> as written; the word alone is its <c>base</c>.</summary>
internal sealed class SecurityHeadersOptions
{
    private static readonly OrNoneShape<string> Value = new(Scalars.PlainHeaderValue);

    private static readonly ObjectShape<SecurityHeadersOptions> Object = new(
        "securityHeaders", "a mapping of security headers", "Headers that tell browsers to be careful with an answer.",
        new Key<SecurityHeadersOptions, SecurityHeadersBase>(
            "base", Scalars.SecurityHeadersBase, (o, v) => o.Base = v,
            "The set that the other keys change: `securityHeaders: strict` is short for `{ base: strict }`.",
            defaultText: "strict"),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "strictTransportSecurity", Value, (o, v) => o.StrictTransportSecurity = v,
            "`Strict-Transport-Security` (RFC 6797), sent only to callers that came by TLS."),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "contentSecurityPolicy", Value, (o, v) => o.ContentSecurityPolicy = v, "`Content-Security-Policy`."),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "frameOptions", Value, (o, v) => o.FrameOptions = v, "`X-Frame-Options`: `DENY` or `SAMEORIGIN`."),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "contentTypeOptions", Value, (o, v) => o.ContentTypeOptions = v, "`X-Content-Type-Options`: `nosniff`."),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "referrerPolicy", Value, (o, v) => o.ReferrerPolicy = v, "`Referrer-Policy`."),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "permissionsPolicy", Value, (o, v) => o.PermissionsPolicy = v, "`Permissions-Policy`."),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "crossOriginOpenerPolicy", Value, (o, v) => o.CrossOriginOpenerPolicy = v, "`Cross-Origin-Opener-Policy`."),
        new Key<SecurityHeadersOptions, Optional<string>>(
            "crossOriginResourcePolicy", Value, (o, v) => o.CrossOriginResourcePolicy = v, "`Cross-Origin-Resource-Policy`."));

    /// <summary>Its description: the word, or the object.</summary>
    public static readonly WordOrObjectShape<SecurityHeadersOptions, SecurityHeadersBase> Shape = new(
        Scalars.SecurityHeadersBase, Object, word => new SecurityHeadersOptions { Base = word });

    /// <summary>The set to begin with.</summary>
    public Located<SecurityHeadersBase>? Base { get; set; }

    /// <summary>Only by TLS.</summary>
    public Located<Optional<string>>? StrictTransportSecurity { get; set; }

    /// <summary>What a page may load.</summary>
    public Located<Optional<string>>? ContentSecurityPolicy { get; set; }

    /// <summary>Who may frame.</summary>
    public Located<Optional<string>>? FrameOptions { get; set; }

    /// <summary>No guessing of types.</summary>
    public Located<Optional<string>>? ContentTypeOptions { get; set; }

    /// <summary>What links tell.</summary>
    public Located<Optional<string>>? ReferrerPolicy { get; set; }

    /// <summary>What a page may use.</summary>
    public Located<Optional<string>>? PermissionsPolicy { get; set; }

    /// <summary>Who shares a window group.</summary>
    public Located<Optional<string>>? CrossOriginOpenerPolicy { get; set; }

    /// <summary>Who may embed.</summary>
    public Located<Optional<string>>? CrossOriginResourcePolicy { get; set; }
}
