using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Peers.Running;

/// <summary>The certificate of a run: self-signed, ECDSA on P-256, as public sites have them now.</summary>
internal static class Certificates
{
    private static readonly string[] Names = ["tls.crt", "tls.key", "tls.pem"];

    /// <summary>Writes certificate, key, and both in one file, as HAProxy wants them.</summary>
    public static void Write(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var certificatePem = certificate.ExportCertificatePem() + "\n";
        var keyPem = key.ExportPkcs8PrivateKeyPem() + "\n";
        File.WriteAllText(Path.Combine(folder, Names[0]), certificatePem);
        File.WriteAllText(Path.Combine(folder, Names[1]), keyPem);
        File.WriteAllText(Path.Combine(folder, Names[2]), certificatePem + keyPem);
    }

    /// <summary>Copies them to a peer's own folder.</summary>
    public static void Copy(string from, string to)
    {
        foreach (var name in Names)
        {
            File.Copy(Path.Combine(from, name), Path.Combine(to, name));
        }
    }
}
