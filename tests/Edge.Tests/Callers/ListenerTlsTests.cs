using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>TLS as callers meet it: version, protocol, and certificates that change while the gateway runs.</summary>
public sealed class ListenerTlsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-tls-");

    private string CertificatePath => Path.Combine(_folder.FullName, "tls.crt");

    private string KeyPath => Path.Combine(_folder.FullName, "tls.key");

    private string Listener => $"tls: {{ certificate: {CertificatePath}, key: {KeyPath}, minimum: \"1.3\" }}";

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("1.2", SslProtocols.Tls12, true)]
    [InlineData("1.2", SslProtocols.Tls13, true)]
    [InlineData("1.3", SslProtocols.Tls12, false)]
    [InlineData("1.3", SslProtocols.Tls13, true)]
    public async Task A_version_below_the_minimum_is_refused(string minimum, SslProtocols version, bool accepted)
    {
        WriteCertificate("first", 0);
        await using var door = await Door.OpenAsync(Listener.Replace("1.3", minimum, StringComparison.Ordinal));
        var tls = RawHttpClient.TrustingTls();
        tls.EnabledSslProtocols = version;
        if (accepted)
        {
            await using var client = await RawHttpClient.ConnectAsync(door.Endpoint, tls: tls);
            Assert.Equal("200,200", (await Door.AttackAsync(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET")).Statuses);
            Assert.Equal("https", (await door.SeenAsync())[0].Headers["X-Forwarded-Proto"]);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => RawHttpClient.ConnectAsync(door.Endpoint, tls: tls));
            Assert.Equal(0, door.Upstream.Connections);
        }
    }

    [Theory]
    [InlineData("h2", "h2")]
    [InlineData("http/1.1", "http/1.1")]
    [InlineData("http/1.1,h2", "h2")]
    [InlineData("", "")]
    public async Task The_protocol_is_agreed_on_by_ALPN_and_HTTP_2_is_preferred(string offered, string chosen)
    {
        WriteCertificate("first", 0);
        await using var door = await Door.OpenAsync(Listener);
        var (protocol, _) = await HandshakeAsync(door, offered);
        Assert.Equal(chosen, protocol);
    }

    [Fact]
    public async Task HTTP_2_over_TLS_reaches_the_upstream()
    {
        WriteCertificate("first", 0);
        await using var door = await Door.OpenAsync(Listener);
        using var handler = new SocketsHttpHandler { SslOptions = RawHttpClient.TrustingTls() };
        using var client = new HttpClient(handler) { DefaultRequestVersion = new Version(2, 0) };
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var url = new Uri($"https://{door.Endpoint}/");
        Assert.Equal("ok", await client.GetStringAsync(url, TestContext.Current.CancellationToken));
        var headers = Assert.Single(await door.SeenAsync()).Headers;
        Assert.Equal(("https", "2 edge"), (headers["X-Forwarded-Proto"], headers["Via"]));
    }

    [Fact]
    public async Task A_certificate_replaced_while_running_is_shown_to_new_connections_and_old_ones_go_on()
    {
        WriteCertificate("first", 0);
        var time = new HandTimedProvider();
        await using var door = await Door.OpenAsync(Listener, time: time);
        await using var early = await RawHttpClient.ConnectAsync(door.Endpoint, tls: RawHttpClient.TrustingTls());
        Assert.Equal("CN=first", (await HandshakeAsync(door, "http/1.1")).Subject);

        WriteCertificate("second", 1);
        time.FireAll();
        Assert.Equal("CN=second", (await HandshakeAsync(door, "http/1.1")).Subject);
        Assert.Equal("200,200", (await Door.AttackAsync(early, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET")).Statuses);
    }

    [Fact]
    public async Task Files_that_do_not_fit_together_change_nothing_until_they_do()
    {
        WriteCertificate("first", 0);
        var time = new HandTimedProvider();
        await using var door = await Door.OpenAsync(Listener, time: time);
        var oldKey = await File.ReadAllTextAsync(KeyPath, TestContext.Current.CancellationToken);
        WriteCertificate("second", 1);
        var newKey = await File.ReadAllTextAsync(KeyPath, TestContext.Current.CancellationToken);
        foreach (var wrong in new[] { oldKey, "no key", "" })
        {
            await File.WriteAllTextAsync(KeyPath, wrong, TestContext.Current.CancellationToken);
            time.FireAll();
            Assert.Equal("CN=first", (await HandshakeAsync(door, "http/1.1")).Subject);
        }

        await File.WriteAllTextAsync(KeyPath, newKey, TestContext.Current.CancellationToken);
        time.FireAll();
        Assert.Equal("CN=second", (await HandshakeAsync(door, "http/1.1")).Subject);
    }

    private static async Task<(string Protocol, string Subject)> HandshakeAsync(Door door, string offered)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(door.Endpoint, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(new NetworkStream(socket));
        var options = RawHttpClient.TrustingTls();
        options.ApplicationProtocols = offered.Length == 0
            ? null
            : [.. offered.Split(',').Select(static name => new SslApplicationProtocol(name))];
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        return (stream.NegotiatedApplicationProtocol.ToString(), stream.RemoteCertificate!.Subject);
    }

    private void WriteCertificate(string name, int age)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(KeyPath, key.ExportPkcs8PrivateKeyPem());

        // However coarse the file system's clock is, a later file is newer.
        var written = DateTime.UtcNow.AddMinutes(age - 10);
        File.SetLastWriteTimeUtc(CertificatePath, written);
        File.SetLastWriteTimeUtc(KeyPath, written);
    }

    /// <summary>The system's clock, but its timers fire when the test says so.</summary>
    private sealed class HandTimedProvider : TimeProvider
    {
        private readonly List<(TimerCallback Callback, object? State)> _timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_timers)
            {
                _timers.Add((callback, state));
            }

            return new Never();
        }

        public void FireAll()
        {
            lock (_timers)
            {
                _timers.ForEach(static timer => timer.Callback(timer.State));
            }
        }

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
