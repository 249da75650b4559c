using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Core.Configuration.Planning;

/// <summary>
/// Looks whether PEM files hold what they should, so that a wrong one is an error with a line and not a failed start.
/// </summary>
internal static class Certificates
{
    /// <summary>Most bytes of a PEM file; a system's whole bundle of authorities has about 230 KiB.</summary>
    public const int PemBytesMax = 2 * 1024 * 1024;

    /// <summary>Looks at certificates.</summary>
    /// <param name="pem">The file's text.</param>
    /// <returns>The end of a sentence that begins with the file's name, or null.</returns>
    public static string? CheckCertificate(string pem)
    {
        const string none = "holds no certificate; a PEM file has '-----BEGIN CERTIFICATE-----' in it";
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
            return certificates.Count == 0 ? none : null;
        }
        catch (CryptographicException)
        {
            return "holds a certificate that cannot be read";
        }
        finally
        {
            foreach (var certificate in certificates) certificate.Dispose();
        }
    }

    /// <summary>Looks at a private key, and whether it is the certificate's.</summary>
    /// <param name="certificatePem">A text in which there is a certificate.</param>
    /// <param name="keyPem">The key file's text.</param>
    /// <returns>The end of a sentence that begins with the key file's name, or null.</returns>
    public static string? CheckKey(string certificatePem, string keyPem)
    {
        if (keyPem.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal))
            return "holds an encrypted key; decrypt it, as nobody can type a password at start";
        if (!keyPem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            return "holds no private key; a PEM file has '-----BEGIN PRIVATE KEY-----' in it";
        try
        {
            using var both = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return "holds a private key that cannot be read or does not belong to the certificate";
        }
    }
}
