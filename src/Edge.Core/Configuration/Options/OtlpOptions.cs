using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>otlp</c> as written.</summary>
internal sealed class OtlpOptions
{
    /// <summary>Most headers.</summary>
    public const int HeadersMax = 32;

    /// <summary>Most logs in the list.</summary>
    public const int LogsMax = 2;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<OtlpOptions> Shape = new(
        "otlp", "collector settings", "A collector that takes OTLP. The OTEL_* variables of the environment win.",
        new Key<OtlpOptions, string>(
            "endpoint", Scalars.FetchedLink, (o, v) => o.Endpoint = v,
            "Its base URL; `/v1/metrics` and the like are added with `http/protobuf`.", isRequired: true),
        new Key<OtlpOptions, OtlpProtocol>(
            "protocol", Scalars.OtlpProtocol, (o, v) => o.Protocol = v, "How it is spoken to.", defaultText: "http/protobuf"),
        new Key<OtlpOptions, TimeSpan>(
            "interval", Scalars.Duration(), (o, v) => o.Interval = v, "Time between two exports of metrics.", defaultText: "60s"),
        new Key<OtlpOptions, List<Located<OtlpLogs>>>(
            "logs", new ListShape<OtlpLogs>(Scalars.OtlpLog, "logs", 0, LogsMax), (o, v) => o.Logs = v,
            "Which logs it is sent: `access`, as far as `accessLog` writes lines, and `program`, what the gateway says of " +
            "itself.", defaultText: "[]"),
        new Key<OtlpOptions, List<Named<Secret>>>(
            "headers",
            new MapShape<Secret>(
                Scalars.HeaderName, Scalars.Secret, "a mapping of headers to values", 1, HeadersMax,
                StringComparer.OrdinalIgnoreCase),
            (o, v) => o.Headers = v, "Headers of each export, such as a credential."));

    /// <summary>Where it is.</summary>
    public Located<string>? Endpoint { get; set; }

    /// <summary>How it is spoken to.</summary>
    public Located<OtlpProtocol>? Protocol { get; set; }

    /// <summary>How often.</summary>
    public Located<TimeSpan>? Interval { get; set; }

    /// <summary>Which logs.</summary>
    public Located<List<Located<OtlpLogs>>>? Logs { get; set; }

    /// <summary>Headers.</summary>
    public Located<List<Named<Secret>>>? Headers { get; set; }
}
