using System.Collections;
using System.Reflection;
using Edge.Core.Configuration;

namespace Edge.Telemetry;

/// <summary>
/// What the program says of itself to collectors (OpenTelemetry's resource): the file's name and environment, under what
/// <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> say.
/// </summary>
internal static class TelemetryResource
{
    /// <summary>The name of its instrumentation, and its program.</summary>
    public const string Scope = "edge";

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(TelemetryResource).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The attributes.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(TelemetryPlan plan, IDictionary variables)
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

        // key=value pairs, comma-separated, values percent-encoded (OpenTelemetry, resource SDK; W3C Baggage).
        if (variables["OTEL_RESOURCE_ATTRIBUTES"] is string { Length: > 0 } given)
        {
            foreach (var pair in given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = pair.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                {
                    attributes[pair[..equals].TrimEnd()] = Uri.UnescapeDataString(pair[(equals + 1)..].TrimStart());
                }
            }
        }

        if (variables["OTEL_SERVICE_NAME"] is string { Length: > 0 } name)
        {
            attributes["service.name"] = name;
        }

        return [.. attributes];
    }
}
