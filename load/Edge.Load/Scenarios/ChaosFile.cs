using System.Globalization;
using System.Net;
using Edge.Load.Staging;
using Edge.Measuring;

namespace Edge.Load.Scenarios;

/// <summary>
/// The gateway's file for chaos, and the ports and files that it names: two providers behind faulty wires, of which one is found
/// by a name that changes, and the stage's own as the spare one.
/// </summary>
internal sealed class ChaosFile
{
    /// <summary>The name of the first provider.</summary>
    public const string Host = "models.test";

    /// <summary>The header of a request's id.</summary>
    public const string IdHeader = "X-Request-ID";

    /// <summary>The header of the file's number.</summary>
    public const string GenerationHeader = "X-Generation";

    /// <summary>The first provider's addresses.</summary>
    public static readonly IPAddress[] Addresses = [IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.3")];

    /// <summary>A file of ports that are free, and of files in a folder.</summary>
    public ChaosFile(string folder, bool hasName)
    {
        Folder = folder;
        HasName = hasName;
        Certificate = new SwappedCertificate(folder);
        Certificate.Swap();
        LeadTo(Addresses[0]);
    }

    /// <summary>Where its files are.</summary>
    public string Folder { get; }

    /// <summary>The first provider is found by a name; else by its first address.</summary>
    public bool HasName { get; }

    /// <summary>The listener's certificate.</summary>
    public SwappedCertificate Certificate { get; }

    /// <summary>Ports of the wires to the first, the second and the spare provider.</summary>
    public int[] WirePorts { get; } = [Ports.Free(), Ports.Free(), Ports.Free()];

    /// <summary>Ports of the first and the second provider.</summary>
    public int[] ProviderPorts { get; } = [Ports.Free(), Ports.Free()];

    /// <summary>The usage log.</summary>
    public string UsagePath => Path.Combine(Folder, "usage.jsonl");

    /// <summary>Names and their addresses, which are the gateway's own.</summary>
    public string HostsPath => Path.Combine(Folder, "hosts");

    /// <summary>What starts the gateway where the name is to be its own affair: in a view of files of its own.</summary>
    public string[] Launcher => !HasName ? [] :
        ["unshare", "-rm", "sh", "-c", $"mount --bind {HostsPath} /etc/hosts && exec \"$0\" \"$@\""];

    /// <summary>Has the name lead to an address.</summary>
    public void LeadTo(IPAddress address) => File.WriteAllText(HostsPath, $"127.0.0.1 localhost\n{address} {Host}\n");

    /// <summary>Whether a program here may have a view of files of its own.</summary>
    public static async Task<bool> MayUnshareAsync(CancellationToken cancellation)
    {
        try
        {
            return (await ChildProcess.RunAsync("unshare", ["-rm", "sh", "-c", "mount --bind /etc/hosts /etc/hosts && echo may"],
                cancellation)).Trim() == "may";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private string First => HasName ? Host : Addresses[0].ToString();

    /// <summary>The file.</summary>
    public string ToYaml(int port, int http2Port, int generation) => string.Create(
        CultureInfo.InvariantCulture, $$"""
        listeners:
          - address: "127.0.0.1:{{port}}"
            tls: { certificate: "{{Certificate.CertificatePath}}", key: "{{Certificate.KeyPath}}" }
          - { address: "127.0.0.1:{{http2Port}}", h2c: true }
        drainTimeout: 1s
        telemetry: { usageLog: { to: "{{UsagePath}}" } }
        upstreams:
          models:
            dialect: openai
            targets: ["http://{{First}}:{{WirePorts[0]}}", "http://127.0.0.1:{{WirePorts[1]}}"]
            timeouts: { connect: 1s, firstByte: 2s, idle: 2s }
            connectionLifetime: 2s
            retries:
              attempts: 3
              on: [connect, reset, timeout, "5xx"]
              nonIdempotent: true
              budget: 100%
              backoff: { base: 10ms, max: 50ms }
              hedge: { after: 250ms, methods: [POST] }
            breaker: { failures: 5, within: 2s, openFor: 500ms }
          spare:
            dialect: openai
            targets: ["http://127.0.0.1:{{WirePorts[2]}}"]
            timeouts: { connect: 1s, firstByte: 2s, idle: 2s }
        defaults:
          requestId: { header: {{IdHeader}}, echo: true }
          response: { headers: { set: { {{GenerationHeader}}: "{{generation}}" } } }
        routes:
          - name: models
            match: { path: "/v1/*" }
            upstream: models
            metering: {}
            fallback: [{ upstream: spare, on: [unavailable, connect, timeout, reset, "5xx"] }]

        """);
}
