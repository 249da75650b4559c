using System.Net;
using System.Security.Cryptography.X509Certificates;
using Edge.Hosting;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Streams;

/// <summary>
/// The gateway inside the test's own process, with a listener for each way to speak to it and one route, <c>/v1/*</c>, to an
/// upstream. It owns its listeners and the folder with the certificate.
/// </summary>
internal sealed class StreamGateway : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly RunningGateway _running;

    private StreamGateway(RunningGateway running, DirectoryInfo folder)
    {
        _running = running;
        _folder = folder;
    }

    /// <summary>The gateway itself.</summary>
    public Gateway Gateway => _running.Gateway;

    /// <summary>What it has said in its log.</summary>
    public string Said => _running.Said;

    /// <summary>Where callers of a kind connect.</summary>
    public IPEndPoint EndpointOf(CallerKind kind) => ListenerOf(kind).Endpoint;

    /// <summary>What listens there.</summary>
    public HttpServer ListenerOf(CallerKind kind) => Gateway.Listeners[kind switch
    {
        CallerKind.H2c => 1,
        CallerKind.Http1Tls or CallerKind.H2 => 2,
        _ => 0,
    }];

    /// <summary>Starts one before an upstream.</summary>
    /// <param name="upstream">Where requests go.</param>
    /// <param name="dialect">The upstream's.</param>
    /// <param name="timeouts">The upstream's, as in the file, with their braces.</param>
    /// <param name="route">Further keys of the route, each with a comma before it.</param>
    /// <param name="time">The gateway's clock; the system's if null.</param>
    public static async Task<StreamGateway> StartAsync(
        Uri upstream, string dialect = "http", string timeouts = "{}", string route = "", TimeProvider? time = null)
    {
        var folder = Directory.CreateTempSubdirectory("edge-test-");
        WriteCertificate(folder);
        var yaml = $$"""
            listeners:
              - address: 127.0.0.1:0
              - { address: 127.0.0.1:0, h2c: true }
              - { address: 127.0.0.1:0, tls: { certificate: tls.crt, key: tls.key } }
            drainTimeout: 20s
            upstreams:
              provider: { dialect: {{dialect}}, targets: ["{{upstream}}"], timeouts: {{timeouts}} }
            routes:
              - { name: all, match: { path: /v1/* }, upstream: provider, translate: none{{route}} }
            """;
        var running = await RunningGateway.StartAsync(yaml, time, path: Path.Combine(folder.FullName, "edge.yaml"));
        return new StreamGateway(running, folder);
    }

    /// <summary>Breaks off what is running and closes everything. Then all it had to say is said.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_folder.Exists)
        {
            return;
        }

        await _running.DisposeAsync();
        _folder.Delete(recursive: true);
        _folder.Refresh();
    }

    private static void WriteCertificate(DirectoryInfo folder)
    {
        using var authority = new TestAuthority();
        var certificate = authority.Issue("localhost");
        File.WriteAllText(Path.Combine(folder.FullName, "tls.crt"), certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Path.Combine(folder.FullName, "tls.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
