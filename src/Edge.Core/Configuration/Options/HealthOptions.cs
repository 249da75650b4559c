using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An upstream's <c>health</c> as written.</summary>
internal sealed class HealthOptions
{
    /// <summary>Most checks in a row.</summary>
    public const int ChecksMost = 100;

    /// <summary>Most statuses.</summary>
    public const int StatusesMax = 50;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<HealthOptions> Shape = new(
        "health", "health checks", "Each target is asked by itself whether it is well, on a connection of its own.",
        new Key<HealthOptions, string>(
            "path", Scalars.RequestPath, (o, v) => o.Path = v,
            "What is asked for, by GET, after the target's own path. It is sent without a credential.", isRequired: true),
        new Key<HealthOptions, TimeSpan>(
            "every", Scalars.Duration(), (o, v) => o.Every = v, "Time between two checks.", defaultText: "5s"),
        new Key<HealthOptions, TimeSpan>(
            "timeout", Scalars.Duration(), (o, v) => o.Timeout = v,
            "One without an answer after this time has failed.", defaultText: "2s"),
        new Key<HealthOptions, int>(
            "unhealthy", Scalars.Count(1, ChecksMost), (o, v) => o.Unhealthy = v,
            "So many failed checks in a row take a target out.", defaultText: "3"),
        new Key<HealthOptions, int>(
            "healthy", Scalars.Count(1, ChecksMost), (o, v) => o.Healthy = v,
            "So many good ones in a row take it in again.", defaultText: "2"),
        new Key<HealthOptions, List<Located<StatusRange>>>(
            "status", new ListShape<StatusRange>(Scalars.Status, "statuses", 1, StatusesMax), (o, v) => o.Status = v,
            "Which answers are good: `200`, or `2xx` for all of a class.", defaultText: "[2xx]"));

    /// <summary>What is asked for.</summary>
    public Located<string>? Path { get; set; }

    /// <summary>How often.</summary>
    public Located<TimeSpan>? Every { get; set; }

    /// <summary>How long it may take.</summary>
    public Located<TimeSpan>? Timeout { get; set; }

    /// <summary>Failed checks.</summary>
    public Located<int>? Unhealthy { get; set; }

    /// <summary>Good checks.</summary>
    public Located<int>? Healthy { get; set; }

    /// <summary>Good answers.</summary>
    public Located<List<Located<StatusRange>>>? Status { get; set; }
}
