using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Load.Staging;

/// <summary>A listener's certificate in its files, another one whenever that is asked for, and which ones callers saw.</summary>
/// <param name="folder">Where the files are.</param>
internal sealed class SwappedCertificate(string folder)
{
    private readonly ConcurrentDictionary<string, bool> _isSeen = new();

    /// <summary>The file of the certificate.</summary>
    public string CertificatePath { get; } = Path.Combine(folder, "tls.crt");

    /// <summary>The file of its key.</summary>
    public string KeyPath { get; } = Path.Combine(folder, "tls.key");

    /// <summary>How many there were.</summary>
    public int Written => _isSeen.Count;

    /// <summary>How many of them were shown to callers.</summary>
    public int Seen => _isSeen.Values.Count(static seen => seen);

    /// <summary>Writes a new one: first the key, so that for a moment the two files do not fit together.</summary>
    public void Swap()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=edge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _isSeen[certificate.Thumbprint] = false;
        Write(KeyPath, key.ExportPkcs8PrivateKeyPem());
        Write(CertificatePath, certificate.ExportCertificatePem());
    }

    /// <summary>Whether a certificate that a caller is shown is one of them.</summary>
    public bool IsOurs(X509Certificate2 shown)
    {
        if (!_isSeen.ContainsKey(shown.Thumbprint))
        {
            return false;
        }

        _isSeen[shown.Thumbprint] = true;
        return true;
    }

    private static void Write(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
