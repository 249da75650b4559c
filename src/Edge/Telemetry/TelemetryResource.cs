using System.Collections;
using System.Reflection;
using Edge.Core.Configuration;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// What the program says of itself to collectors (OpenTelemetry's resource): the file's name and environment, under what
/// <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> say.
/// </summary>
internal static class TelemetryResource
{
    private const string Scope = "edge";

    private static readonly string Version =
        typeof(TelemetryResource).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The attributes, and the name and version of what tells.</summary>
    public static OtlpOrigin Of(TelemetryPlan plan, IDictionary variables)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["service.name"] = plan.ServiceName,
            ["service.version"] = Version,
            ["service.instance.id"] = Environment.MachineName + "-" + Environment.ProcessId,
            ["host.name"] = Environment.MachineName,
            ["telemetry.sdk.name"] = Scope,
            ["telemetry.sdk.language"] = "dotnet",
            ["telemetry.sdk.version"] = Version,
        };
        if (plan.Environment is { } environment)
        {
            attributes["deployment.environment.name"] = environment;
        }

        foreach (var (key, value) in OtlpSettings.Pairs(variables, "OTEL_RESOURCE_ATTRIBUTES"))
        {
            attributes[key] = value;
        }

        if (variables["OTEL_SERVICE_NAME"] is string { Length: > 0 } name)
        {
            attributes["service.name"] = name;
        }

        return new OtlpOrigin([.. attributes], Scope, Version);
    }
}
