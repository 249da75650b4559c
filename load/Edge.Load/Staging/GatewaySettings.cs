using System.Globalization;

namespace Edge.Load.Staging;

/// <summary>What a scenario wants of the gateway's file beside what all of them have.</summary>
internal sealed record GatewaySettings
{
    /// <summary>How long a provider may be silent before and within an answer.</summary>
    public TimeSpan ProviderSilenceMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Value of the header <c>X-Generation</c> on every answer; 0: none.</summary>
    public int Generation { get; init; }

    /// <summary>Further keys of the route of all models, each with a comma before it.</summary>
    public string ModelsKeys { get; init; } = "";

    /// <summary>The whole file, by the ports of both listeners and of the stage's provider; null: the usual one.</summary>
    public Func<int, int, int, string>? File { get; init; }

    /// <summary>What starts the gateway: words to put before its own. Empty: nothing.</summary>
    public string[] Launcher { get; init; } = [];

    /// <summary>
    /// The file: all models of the OpenAI dialect, and everything else as plain HTTP, before one mock provider.
    /// </summary>
    public string ToYaml(int port, int http2Port, int mockPort)
    {
        if (File is not null)
        {
            return File(port, http2Port, mockPort);
        }

        var silence = string.Create(CultureInfo.InvariantCulture, $"{(long)ProviderSilenceMax.TotalMilliseconds}ms");
        var response = Generation == 0
            ? "{}"
            : string.Create(CultureInfo.InvariantCulture, $$"""{ headers: { set: { X-Generation: "{{Generation}}" } } }""");
        return string.Create(CultureInfo.InvariantCulture, $$"""
            listeners:
              - address: 127.0.0.1:{{port}}
              - { address: "127.0.0.1:{{http2Port}}", h2c: true }
            drainTimeout: 1s
            upstreams:
              models:
                dialect: openai
                targets: ["http://127.0.0.1:{{mockPort}}"]
                timeouts: { firstByte: {{silence}}, idle: {{silence}} }
              plain:
                targets: ["http://127.0.0.1:{{mockPort}}"]
                # Thousands of streams at once overflow the provider's backlog for a while.
                timeouts: { connect: 30s }
            defaults: { response: {{response}} }
            routes:
              - { name: models, match: { path: "/v1/*" }, upstream: models{{ModelsKeys}} }
              - { name: plain, upstream: plain }

            """);
    }
}
