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

    /// <summary>Headers of each export, such as a credential.</summary>
    public ImmutableArray<KeyValuePair<string, Secret>> Headers { get; init; } = [];

    /// <summary>True where another plan says the same.</summary>
    public bool IsSameAs(OtlpPlan? other) =>
        other is not null && Headers.AsSpan().SequenceEqual(other.Headers.AsSpan()) && this == other with { Headers = Headers };
}

/// <summary>How a collector is spoken to.</summary>
public enum OtlpProtocol
{
    /// <summary>Protobuf in POST requests.</summary>
    HttpProtobuf,

    /// <summary>gRPC over HTTP/2.</summary>
    Grpc,
}
