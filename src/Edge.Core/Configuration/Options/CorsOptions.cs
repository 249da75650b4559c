using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>cors</c> as written.</summary>
internal sealed class CorsOptions
{
    /// <summary>Most origins of a route.</summary>
    public const int OriginsMax = 1_000;

    /// <summary>Most headers in one of its lists.</summary>
    public const int HeadersMax = 100;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<CorsOptions> Shape = new(
        "cors", "CORS settings", "Which web pages may call a route from a browser, and how. Preflights are answered at the door.",
        new Key<CorsOptions, List<Located<string>>>(
            "origins", new ListShape<string>(Scalars.Origin, "origins", 1, OriginsMax), (o, v) => o.Origins = v,
            "Origins as browsers write them: `https://app.example.com`, `\"https://*.example.com\"` for all names below, " +
            "`null` " +
            "for pages without one, or `\"*\"` alone for any.", isRequired: true),
        new Key<CorsOptions, List<Located<string>>>(
            "methods", new ListShape<string>(Scalars.Method, "methods", 1, MatchOptions.MethodsMax), (o, v) => o.Methods = v,
            "Methods that pages may use. Left out: those of the route's `match`, or where it takes any, GET, HEAD, POST, PUT, " +
            "PATCH and DELETE."),
        new Key<CorsOptions, List<Located<string>>>(
            "headers", new ListShape<string>(Scalars.HeaderNameOrAny, "headers' names", 0, HeadersMax), (o, v) => o.Headers = v,
            "Request headers that pages may set beside the few that need no leave; `\"*\"` is all but Authorization. Left out: " +
            "Authorization and Content-Type."),
        new Key<CorsOptions, List<Located<string>>>(
            "expose", new ListShape<string>(Scalars.HeaderNameOrAny, "headers' names", 0, HeadersMax), (o, v) => o.Expose = v,
            "Response headers that pages may read beside the few that need no leave; `\"*\"` is all.", defaultText: "[]"),
        new Key<CorsOptions, bool>(
            "credentials", Scalars.Boolean, (o, v) => o.Credentials = v,
            "Whether cookies and HTTP authentication may come along. Never together with `\"*\"` or with the origin `null`.",
            defaultText: "false"),
        new Key<CorsOptions, TimeSpan>(
            "maxAge", Scalars.Duration(), (o, v) => o.MaxAge = v,
            "How long a browser may remember the answer to a preflight, in whole seconds.", defaultText: "10m"));

    /// <summary>Who may read.</summary>
    public Located<List<Located<string>>>? Origins { get; set; }

    /// <summary>By which methods.</summary>
    public Located<List<Located<string>>>? Methods { get; set; }

    /// <summary>With which headers.</summary>
    public Located<List<Located<string>>>? Headers { get; set; }

    /// <summary>And see which.</summary>
    public Located<List<Located<string>>>? Expose { get; set; }

    /// <summary>With cookies.</summary>
    public Located<bool>? Credentials { get; set; }

    /// <summary>How long it holds.</summary>
    public Located<TimeSpan>? MaxAge { get; set; }
}
