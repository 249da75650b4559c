using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>telemetry</c> as written.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<TelemetryOptions> Shape = new(
        "telemetry", "telemetry settings", "What the gateway tells of what it does.",
        new Key<TelemetryOptions, string>(
            "serviceName", Scalars.Plain, (o, v) => o.ServiceName = v,
            "What it calls itself (`service.name`). OTEL_SERVICE_NAME wins.", defaultText: "edge"),
        new Key<TelemetryOptions, string>(
            "environment", Scalars.Plain, (o, v) => o.Environment = v,
            "Where it runs (`deployment.environment.name`). Left out: it does not say."),
        new Key<TelemetryOptions, OtlpOptions>(
            "otlp", OtlpOptions.Shape, (o, v) => o.Otlp = v,
            "Where figures are sent by OTLP. Left out: only where OTEL_* variables say."),
        new Key<TelemetryOptions, TracesOptions>(
            "traces", TracesOptions.Shape, (o, v) => o.Traces = v,
            "Which traces are kept, where there is a collector.", defaultText: "{}"),
        new Key<TelemetryOptions, ProgramLogLevel>(
            "logLevel", Scalars.LogLevel, (o, v) => o.LogLevel = v,
            "What the program says of itself on standard error: this, and what is worse. `POST /log-level` changes it until " +
            "the next reload.", defaultText: "information"),
        new Key<TelemetryOptions, ExplainOptions>(
            "explain", ExplainOptions.Shape, (o, v) => o.Explain = v,
            "Who may ask what each stage decided. Left out: nobody."),
        new Key<TelemetryOptions, AccessLogOptions>(
            "accessLog", AccessLogOptions.Shape, (o, v) => o.AccessLog = v,
            "What each request was and what became of it. Left out: none is kept."),
        new Key<TelemetryOptions, AuditLogOptions>(
            "auditLog", AuditLogOptions.Shape, (o, v) => o.AuditLog = v,
            "Who was refused, who was let in by which key, what was administered. Left out: none is kept."),
        new Key<TelemetryOptions, UsageLogOptions>(
            "usageLog", UsageLogOptions.Shape, (o, v) => o.UsageLog = v,
            "What each metered request has used. Left out: none is kept."));

    /// <summary>The name.</summary>
    public Located<string>? ServiceName { get; set; }

    /// <summary>The environment.</summary>
    public Located<string>? Environment { get; set; }

    /// <summary>The collector.</summary>
    public Located<OtlpOptions>? Otlp { get; set; }

    /// <summary>Traces.</summary>
    public Located<TracesOptions>? Traces { get; set; }

    /// <summary>How much the program says.</summary>
    public Located<ProgramLogLevel>? LogLevel { get; set; }

    /// <summary>Who is told how a request was decided.</summary>
    public Located<ExplainOptions>? Explain { get; set; }

    /// <summary>The access log.</summary>
    public Located<AccessLogOptions>? AccessLog { get; set; }

    /// <summary>The audit log.</summary>
    public Located<AuditLogOptions>? AuditLog { get; set; }

    /// <summary>The usage log.</summary>
    public Located<UsageLogOptions>? UsageLog { get; set; }
}

/// <summary>The object <c>auditLog</c> as written.</summary>
internal sealed class AuditLogOptions
{
    /// <summary>Most words in the list of events.</summary>
    public const int EventsMax = 16;

    /// <summary>Standard output, as <c>to</c> says it.</summary>
    public const string StandardOutput = "stdout";

    /// <summary>Standard error, as <c>to</c> says it.</summary>
    public const string StandardError = "stderr";

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<AuditLogOptions> Shape = new(
        "auditLog", "audit log settings", "The audit log: one JSON object a line.",
        new Key<AuditLogOptions, string>(
            "to", Scalars.File, (o, v) => o.To = v,
            "`stdout`, `stderr`, or a file that is written to at its end and opened again on SIGHUP. A relative path is taken " +
            "from the folder of this file.", isRequired: true),
        new Key<AuditLogOptions, List<Located<AuditEvents>>>(
            "events", new ListShape<AuditEvents>(Scalars.AuditEvent, "kinds of events", 1, EventsMax), (o, v) => o.Events = v,
            "What is written. Left out: all of it; without `keys` there is no line for requests that were let in."));

    /// <summary>Where it goes.</summary>
    public Located<string>? To { get; set; }

    /// <summary>What is in it.</summary>
    public Located<List<Located<AuditEvents>>>? Events { get; set; }
}
