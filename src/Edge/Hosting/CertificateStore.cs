using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Configuration;
using Edge.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Edge.Hosting;

/// <summary>
/// The certificate of a listener. It looks at the files now and then and takes a new certificate when they have changed; running
/// connections keep theirs, and files that do not fit together change nothing. Owns the certificates.
/// </summary>
internal sealed class CertificateStore : IDisposable
{
    /// <summary>
    /// Time between two looks at the files. Polling sees what links and mounted secrets do; notifications may not.
    /// </summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly ListenerTlsPlan _plan;
    private readonly ProgramLog _log;
    private readonly ITimer _timer;
    private volatile SslServerAuthenticationOptions _options;
    private (FileStamp Certificate, FileStamp Key) _stamps;
    private int _looking;

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">They cannot be read, or are no certificate and key that belong together.</exception>
    public CertificateStore(ListenerTlsPlan plan, ProgramLog log, TimeProvider time)
    {
        _plan = plan;
        _log = log;
        _stamps = Stamps();
        try
        {
            _options = Load();
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            throw new IOException($"{plan.CertificatePath}, {plan.KeyPath}: {exception.Message}", exception);
        }

        HandshakeOptions = new TlsHandshakeCallbackOptions { OnConnection = _ => new(_options) };
        _timer = time.CreateTimer(static state => ((CertificateStore)state!).Look(), this, LookEvery, LookEvery);
    }

    /// <summary>The file of the certificate.</summary>
    public string Path => _plan.CertificatePath;

    /// <summary>When the certificate in use ends.</summary>
    public DateTimeOffset NotAfter => _options.ServerCertificateContext!.TargetCertificate.NotAfter;

    /// <summary>Gives each new connection the settings of that moment.</summary>
    public TlsHandshakeCallbackOptions HandshakeOptions { get; }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private (FileStamp, FileStamp) Stamps() => (FileStamp.Of(_plan.CertificatePath), FileStamp.Of(_plan.KeyPath));

    // A key of another certificate is told by ArgumentException; out of a timer that would end the process.
    private static bool IsUnusable(Exception exception) =>
        exception is CryptographicException or ArgumentException or NotSupportedException or UnauthorizedAccessException;

    private void Look()
    {
        if (Interlocked.Exchange(ref _looking, 1) != 0)
        {
            return;
        }

        try
        {
            var stamps = Stamps();
            if (stamps != _stamps)
            {
                _options = Load();
                _stamps = stamps;
                _log.CertificateRead(_plan.CertificatePath);
            }
        }
        catch (Exception exception) when (exception is IOException || IsUnusable(exception))
        {
            // Often one file is new and the other not yet: the next look finds both.
            _log.CertificateRefused(_plan.CertificatePath, exception.Message);
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    private SslServerAuthenticationOptions Load()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_plan.CertificatePath);
        var certificate = X509Certificate2.CreateFromPemFile(_plan.CertificatePath, _plan.KeyPath);
        return new SslServerAuthenticationOptions
        {
            // One context for all connections: sessions can be resumed, and the chain is built once.
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = _plan.Minimum == SslProtocols.Tls13
                ? SslProtocols.Tls13
                : SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = false,
        };
    }
}
