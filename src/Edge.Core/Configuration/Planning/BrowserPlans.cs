using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes plans of what routes tell browsers.</summary>
internal static class BrowserPlans
{
    /// <summary>Methods of a route that takes any and does not say which pages may use.</summary>
    private static readonly ImmutableArray<string> AnyMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    private static readonly ImmutableArray<string> UsualHeaders = ["Authorization", "Content-Type"];

    // Two years, as the list of sites that browsers know by heart asks for.
    private const string TransportSecurity = "max-age=63072000; includeSubDomains";

    /// <summary>Rules for web pages of other origins.</summary>
    /// <param name="cors">As written.</param>
    /// <param name="matched">The methods that the route takes; empty: any.</param>
    public static CorsPlan Cors(CorsOptions cors, ImmutableArray<string> matched) => new()
    {
        Origins = [.. cors.Origins.Items().Select(o => o.Value).Distinct(StringComparer.Ordinal)],
        Methods = cors.Methods is { } methods ? [.. methods.Value.Select(m => m.Value)] : matched.IsEmpty ? AnyMethods : matched,
        Headers = cors.Headers is { } headers ? [.. headers.Value.Select(h => h.Value)] : UsualHeaders,
        Expose = [.. cors.Expose.Items().Select(h => h.Value)],
        Credentials = cors.Credentials.Get(),
        MaxAge = cors.MaxAge.Get(),
    };

    /// <summary>Security headers: those of the base, and what is said otherwise.</summary>
    public static SecurityHeadersPlan SecurityHeaders(SecurityHeadersOptions options)
    {
        var isStrict = options.Base.Get() == SecurityHeadersBase.Strict;
        var isNone = options.Base.Get() == SecurityHeadersBase.None;
        List<KeyValuePair<string, string>> headers = [];
        Add("Content-Security-Policy", options.ContentSecurityPolicy, isStrict
            ? "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
            : "default-src 'none'; frame-ancestors 'none'");
        Add("X-Frame-Options", options.FrameOptions, "DENY");
        Add("X-Content-Type-Options", options.ContentTypeOptions, "nosniff");
        Add("Referrer-Policy", options.ReferrerPolicy, "no-referrer");
        Add("Permissions-Policy", options.PermissionsPolicy, isStrict
            ? "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()" : null);
        Add("Cross-Origin-Opener-Policy", options.CrossOriginOpenerPolicy, isStrict ? "same-origin" : null);
        Add("Cross-Origin-Resource-Policy", options.CrossOriginResourcePolicy, isStrict ? "same-origin" : null);
        var transport = Value(options.StrictTransportSecurity, TransportSecurity);
        return headers.Count == 0 && transport is null
            ? SecurityHeadersPlan.None
            : new SecurityHeadersPlan([.. headers], transport);

        string? Value(Located<Optional<string>>? own, string? standard) =>
            own is { Value: var value } ? value.Value : isNone ? null : standard;

        void Add(string name, Located<Optional<string>>? own, string? standard)
        {
            if (Value(own, standard) is { } value) headers.Add(KeyValuePair.Create(name, value));
        }
    }
}
