using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Tests.Upstream;

/// <summary>A certificate authority in memory. Its own certificate is written to a PEM file for as long as it lives.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly List<X509Certificate2> _issued = [];

    public TestAuthority(string name = "Edge test CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name} {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
        File = Path.Combine(Path.GetTempPath(), $"edge-test-ca-{Guid.NewGuid():N}.pem");
        System.IO.File.WriteAllText(File, Certificate.ExportCertificatePem());
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>Path of its PEM file.</summary>
    public string File { get; }

    /// <summary>A certificate for a DNS name or an IP address.</summary>
    public X509Certificate2 Issue(string host, bool expired = false, bool forClients = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=edge test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(forClients ? ClientAuthentication : ServerAuthentication)], false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        var end = DateTimeOffset.UtcNow.AddDays(expired ? -1 : 5);
        using var bare = request.Create(
            Certificate, DateTimeOffset.UtcNow.AddDays(-5), end, RandomNumberGenerator.GetBytes(8));
        var certificate = bare.CopyWithPrivateKey(key);
        _issued.Add(certificate);
        return certificate;
    }

    public void Dispose()
    {
        System.IO.File.Delete(File);
        _issued.ForEach(static certificate => certificate.Dispose());
        Certificate.Dispose();
    }
}
