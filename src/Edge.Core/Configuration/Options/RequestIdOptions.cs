using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>requestId</c> as written.</summary>
internal sealed class RequestIdOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<RequestIdOptions> Shape = new(
        "requestId", "request-id settings", "Where a request's identifier is read and written.",
        new Key<RequestIdOptions, string>(
            "header", Scalars.HeaderName, (o, v) => o.Header = v,
            "The header that carries it. A well-formed value from the caller is kept, else one is made.",
            defaultText: "X-Request-ID"),
        new Key<RequestIdOptions, bool>(
            "echo", Scalars.Boolean, (o, v) => o.Echo = v, "Whether the answer carries it too.", defaultText: "true"));

    /// <summary>The header.</summary>
    public Located<string>? Header { get; set; }

    /// <summary>In the answer too.</summary>
    public Located<bool>? Echo { get; set; }
}
