using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>headers</c> as written.</summary>
internal sealed class HeaderRulesOptions
{
    /// <summary>Most headers in one of its lists.</summary>
    public const int HeadersMax = 100;

    private static readonly MapShape<string> Values = new(
        Scalars.HeaderName, Scalars.HeaderValue, "a mapping of headers to values", 0, HeadersMax,
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<HeaderRulesOptions> Shape = new(
        "headers", "changes to headers", "Changes to headers, made in this order: remove, set, add.",
        new Key<HeaderRulesOptions, List<Located<string>>>(
            "remove", new ListShape<string>(Scalars.HeaderName, "headers' names", 0, HeadersMax), (o, v) => o.Remove = v,
            "Headers to take off.", defaultText: "[]"),
        new Key<HeaderRulesOptions, List<Named<string>>>(
            "set", Values, (o, v) => o.Set = v,
            "Headers that replace whatever was there. A brace in a value is written twice: `{{`.", defaultText: "{}"),
        new Key<HeaderRulesOptions, List<Named<string>>>(
            "add", Values, (o, v) => o.Add = v, "Headers put beside what is there.", defaultText: "{}"));

    /// <summary>Names to take off.</summary>
    public Located<List<Located<string>>>? Remove { get; set; }

    /// <summary>Values that replace.</summary>
    public Located<List<Named<string>>>? Set { get; set; }

    /// <summary>Values put beside.</summary>
    public Located<List<Named<string>>>? Add { get; set; }
}

/// <summary>The objects <c>request</c> and <c>response</c> as written.</summary>
internal sealed class MessageOptions
{
    /// <summary>The description of <c>request</c>.</summary>
    public static readonly ObjectShape<MessageOptions> Request =
        Describe("request", "Changes to requests on their way to the upstream.");

    /// <summary>The description of <c>response</c>.</summary>
    public static readonly ObjectShape<MessageOptions> Response =
        Describe("response", "Changes to answers on their way to the caller, those made by the gateway included.");

    /// <summary>Changes to headers.</summary>
    public Located<HeaderRulesOptions>? Headers { get; set; }

    private static ObjectShape<MessageOptions> Describe(string name, string summary) => new(
        name, $"changes to the {name}", summary,
        new Key<MessageOptions, HeaderRulesOptions>(
            "headers", HeaderRulesOptions.Shape, (o, v) => o.Headers = v, "Headers to remove, set or add.", defaultText: "{}"));
}

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
