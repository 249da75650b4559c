using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Demo;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Upgrades;

/// <summary>The client of .NET through the gateway, over TLS on both sides and over HTTP/2.</summary>
public sealed class WebSocketClientTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-ws-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("1.1", false)]
    [InlineData("1.1", true)]
    [InlineData("2.0", false)]
    [InlineData("2.0", true)]
    public async Task Messages_of_all_sizes_come_back_through_TLS(string version, bool isUpstreamTls)
    {
        using var authority = new TestAuthority();
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var front = isUpstreamTls ? TlsFront(authority, mock.Endpoint) : null;
        var url = front is null ? $"http://{mock.Endpoint}" : front.Url.ToString().TrimEnd('/');
        await using var gateway = await StartAsync(
            $"targets: [\"{url}\"]{(isUpstreamTls ? $", tls: {{ ca: \"{authority.File}\" }}" : "")}");
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("realtime");
        client.Options.HttpVersion = new Version(version);
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var handler = new SocketsHttpHandler { SslOptions = RawHttpClient.TrustingTls() };
        using var invoker = new HttpMessageInvoker(handler);
        var cancellation = TestContext.Current.CancellationToken;
        await client.ConnectAsync(new Uri($"wss://{gateway.Endpoint}/ws"), invoker, cancellation);
        Assert.Equal("realtime", client.SubProtocol);
        foreach (var length in new[] { 0, 1, 125, 126, 65_535, 65_536, 1_000_000 })
        {
            var message = RandomNumberGenerator.GetBytes(length);
            var sending = client.SendAsync(message, WebSocketMessageType.Binary, true, cancellation);
            Assert.Equal(message, await ReceiveAsync(client));
            await sending;
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", cancellation);
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "bye"), (client.CloseStatus, client.CloseStatusDescription));
        await Deadline.UntilAsync(() => gateway.Gateway.Counters.Running == 0);

        Assert.Equal(0, gateway.Gateway.Counters.Ended(Core.Http.Failure.EdgeInternal));
    }

    [Fact]
    public async Task A_drain_is_told_to_the_client_as_going_away()
    {
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var gateway = await StartAsync($"targets: [\"http://{mock.Endpoint}\"]", "drainTimeout: 4s");
        using var client = new ClientWebSocket();
        client.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        var cancellation = TestContext.Current.CancellationToken;
        await client.ConnectAsync(new Uri($"wss://{gateway.Endpoint}/ws"), cancellation);
        var draining = gateway.Gateway.DrainAsync();
        var result = await client.ReceiveAsync(new byte[100], cancellation);
        Assert.Equal(
            (WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (result.MessageType, client.CloseStatus));
        await client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "", cancellation);
        Assert.True(await draining);
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket client)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }

    /// <summary>TLS before the mock, which speaks none.</summary>
    private static ScriptedUpstream TlsFront(TestAuthority authority, IPEndPoint mock) => ScriptedUpstream.StartTls(
        authority.Issue("127.0.0.1"),
        async connection =>
        {
            await using var behind = await RawHttpClient.ConnectAsync(mock);
            var up = CopyAsync(connection, behind);
            var down = CopyAsync(behind, connection);
            await Task.WhenAll(up, down);
        });

    private static async Task CopyAsync(RawConnection from, RawConnection to)
    {
        while (await from.ReadSomeAsync() is { Length: > 0 } bytes)
        {
            await to.SendAsync(bytes);
        }

        // In order: a socket that is disposed under a read would be reset.
        to.FinishSending();
    }

    private Task<RunningGateway> StartAsync(string upstream, string top = "")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var certificatePath = Path.Combine(_folder.FullName, "tls.crt");
        var keyPath = Path.Combine(_folder.FullName, "tls.key");
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: "127.0.0.1:0", tls: { certificate: "{{certificatePath}}", key: "{{keyPath}}" } }]
            upstreams: { it: { {{upstream}} } }
            routes: [{ name: ws, upstream: it, upgrade: {} }]
            {{top}}
            """);
    }
}
