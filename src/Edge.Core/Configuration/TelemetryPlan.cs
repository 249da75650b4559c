using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>What the gateway says of itself and where it sends its figures.</summary>
public sealed record TelemetryPlan
{
    /// <summary>OpenTelemetry's <c>service.name</c>.</summary>
    public required string ServiceName { get; init; }

    /// <summary>OpenTelemetry's <c>deployment.environment.name</c>; null: it says none.</summary>
    public string? Environment { get; init; }

    /// <summary>The collector; null: the file names none.</summary>
    public OtlpPlan? Otlp { get; init; }

    /// <summary>Which traces are kept.</summary>
    public TracesPlan Traces { get; init; } = new();

    /// <summary>True where another plan says the same.</summary>
    public bool IsSameAs(TelemetryPlan other) =>
        this with { Otlp = null } == other with { Otlp = null }
        && (Otlp is null ? other.Otlp is null : Otlp.IsSameAs(other.Otlp));
}

/// <summary>A collector that takes OTLP. The variables of OpenTelemetry's specification win over it.</summary>
public sealed record OtlpPlan
{
    /// <summary>Its base URL: <c>http://127.0.0.1:4318</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>How it is spoken to.</summary>
    public required OtlpProtocol Protocol { get; init; }

    /// <summary>Time between two exports of metrics.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>Which logs are sent.</summary>
    public OtlpLogs Logs { get; init; }

    /// <summary>Headers of each export, such as a credential.</summary>
    public ImmutableArray<KeyValuePair<string, Secret>> Headers { get; init; } = [];

    /// <summary>True where another plan says the same.</summary>
    public bool IsSameAs(OtlpPlan? other) =>
        other is not null && Headers.AsSpan().SequenceEqual(other.Headers.AsSpan()) && this == other with { Headers = Headers };
}

/// <summary>Which traces are kept.</summary>
public sealed record TracesPlan
{
    /// <summary>The share of traces that begin here, from 0 to 1.</summary>
    public double Sample { get; init; } = 0.01;

    /// <summary>A request that takes longer is kept whatever was chosen.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A caller that keeps its trace has it kept here.</summary>
    public bool TrustsParent { get; init; } = true;
}

/// <summary>Logs that a collector is sent.</summary>
[Flags]
public enum OtlpLogs
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The access log.</summary>
    Access = 1,

    /// <summary>What the program says of itself.</summary>
    Program = 2,
}

/// <summary>How a collector is spoken to.</summary>
public enum OtlpProtocol
{
    /// <summary>Protobuf in POST requests.</summary>
    HttpProtobuf,

    /// <summary>gRPC over HTTP/2.</summary>
    Grpc,
}
