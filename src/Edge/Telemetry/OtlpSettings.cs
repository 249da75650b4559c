using System.Collections;
using System.Globalization;
using Edge.Core.Configuration;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// Where and how figures are exported: the file's word under that of the <c>OTEL_*</c> variables, as OpenTelemetry's
/// specification names them (OTLP exporter configuration). What a variable says and nobody understands is ignored, as the
/// specification asks.
/// </summary>
internal sealed record OtlpSettings
{
    /// <summary>The base URL of the specification's default for gRPC and for HTTP.</summary>
    public const string GrpcDefault = "http://localhost:4317";

    /// <summary>The path of metrics over HTTP.</summary>
    public const string MetricsPath = "/v1/metrics";

    /// <summary>The path of traces over HTTP.</summary>
    public const string TracesPath = "/v1/traces";

    /// <summary>The path of logs over HTTP.</summary>
    public const string LogsPath = "/v1/logs";

    private const string HttpDefault = "http://localhost:4318";

    /// <summary>Where metrics go; with gRPC the server alone counts. Null: nowhere.</summary>
    public Uri? Metrics { get; init; }

    /// <summary>Where traces go, likewise.</summary>
    public Uri? Traces { get; init; }

    /// <summary>Where logs go, likewise; null where none is sent.</summary>
    public Uri? Logs { get; init; }

    /// <summary>Which logs are sent.</summary>
    public OtlpLogs LogNames { get; init; }

    /// <summary>How the collector is spoken to.</summary>
    public OtlpProtocol Protocol { get; init; }

    /// <summary>Bodies are compressed.</summary>
    public bool IsCompressed { get; init; }

    /// <summary>Headers of each export.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The longest that an export may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between two exports of metrics.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Since when metrics are counted.</summary>
    public MetricTemporality Temporality { get; init; }

    /// <summary>Which traces are kept: the plan's word under that of <c>OTEL_TRACES_SAMPLER</c>.</summary>
    public static TracesPlan SamplingOf(TracesPlan plan, IDictionary variables)
    {
        var sampler = Read(variables, "OTEL_TRACES_SAMPLER");
        var given = double.TryParse(
            Read(variables, "OTEL_TRACES_SAMPLER_ARG"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out var ratio);
        double? share = sampler switch
        {
            "always_on" or "parentbased_always_on" => 1,
            "always_off" or "parentbased_always_off" => 0,
            "traceidratio" or "parentbased_traceidratio" => given ? Math.Min(ratio, 1) : 1,
            _ => null,
        };
        return share is null
            ? plan
            : plan with { Sample = share.Value, TrustsParent = sampler!.StartsWith("parentbased", StringComparison.Ordinal) };
    }

    /// <summary>Reads them; null: nothing is exported.</summary>
    public static OtlpSettings? Of(OtlpPlan? plan, IDictionary variables)
    {
        if (string.Equals(Read(variables, "OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var given = Read(variables, "OTEL_EXPORTER_OTLP_PROTOCOL");
        var protocol = given switch
        {
            "grpc" => OtlpProtocol.Grpc,
            "http/protobuf" => OtlpProtocol.HttpProtobuf,
            _ => plan?.Protocol ?? OtlpProtocol.HttpProtobuf,
        };
        var logs = plan?.Logs ?? OtlpLogs.None;
        var settings = new OtlpSettings
        {
            Metrics = EndpointOf(plan, variables, "METRICS", MetricsPath, protocol),
            Traces = EndpointOf(plan, variables, "TRACES", TracesPath, protocol),
            Logs = logs == OtlpLogs.None ? null : EndpointOf(plan, variables, "LOGS", LogsPath, protocol),
            LogNames = logs,
            Protocol = protocol,
            IsCompressed = Read(variables, "OTEL_EXPORTER_OTLP_COMPRESSION") == "gzip",
            Headers = HeadersOf(plan, variables),
            Timeout = Milliseconds(variables, "OTEL_EXPORTER_OTLP_TIMEOUT") ?? TimeSpan.FromSeconds(10),
            Interval = Milliseconds(variables, "OTEL_METRIC_EXPORT_INTERVAL") ?? plan?.Interval ?? TimeSpan.FromSeconds(60),
            Temporality = Read(variables, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE") switch
            {
                { } text when text.Equals("delta", StringComparison.OrdinalIgnoreCase) => MetricTemporality.Delta,
                { } text when text.Equals("lowmemory", StringComparison.OrdinalIgnoreCase) => MetricTemporality.Delta,
                _ => MetricTemporality.Cumulative,
            },
        };
        return settings is { Metrics: null, Traces: null, Logs: null } ? null : settings;
    }

    /// <summary>
    /// The pairs of a variable: <c>key=value</c>, separated by commas, values percent-encoded (OpenTelemetry's resource SDK,
    /// after W3C Baggage). What is no pair is left out.
    /// </summary>
    public static IEnumerable<(string Key, string Value)> Pairs(IDictionary variables, string name)
    {
        var given = Read(variables, name) ?? "";
        foreach (var pair in given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                yield return (pair[..equals].TrimEnd(), Uri.UnescapeDataString(pair[(equals + 1)..].TrimStart()));
            }
        }
    }

    private static Uri? EndpointOf(
        OtlpPlan? plan, IDictionary variables, string signal, string path, OtlpProtocol protocol)
    {
        var exporter = Read(variables, $"OTEL_{signal}_EXPORTER");
        if (exporter is not (null or "otlp"))
        {
            return null;
        }

        // A signal's own endpoint is used as it is; the common one is a base.
        if (Parse(Read(variables, $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")) is { } own)
        {
            return own;
        }

        var fallback = exporter is null ? null : protocol == OtlpProtocol.Grpc ? GrpcDefault : HttpDefault;
        var root = Parse(Read(variables, "OTEL_EXPORTER_OTLP_ENDPOINT")) ?? Parse(plan?.Endpoint) ?? Parse(fallback);
        return root is null || protocol == OtlpProtocol.Grpc ? root : new Uri(root.AbsoluteUri.TrimEnd('/') + path);
    }

    private static IReadOnlyList<KeyValuePair<string, string>> HeadersOf(OtlpPlan? plan, IDictionary variables)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in plan?.Headers ?? [])
        {
            headers[name] = value.Reveal();
        }

        foreach (var (name, value) in Pairs(variables, "OTEL_EXPORTER_OTLP_HEADERS"))
        {
            headers[name] = value;
        }

        return [.. headers];
    }

    private static Uri? Parse(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") ? uri : null;

    private static TimeSpan? Milliseconds(IDictionary variables, string name) =>
        int.TryParse(Read(variables, name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? TimeSpan.FromMilliseconds(value)
            : null;

    private static string? Read(IDictionary variables, string name) =>
        variables[name] is string { Length: > 0 } value ? value : null;
}
