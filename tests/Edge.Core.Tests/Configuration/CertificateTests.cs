using System.Security.Cryptography;
using Edge.Core.Configuration.Planning;

namespace Edge.Core.Tests.Configuration;

public sealed class CertificateTests
{
    private const string Tls = "tls: { certificate: tls.crt, key: tls.key }";

    [Fact]
    public void A_certificate_and_its_key_are_accepted() =>
        Assert.Equal("", Errors(Samples.CertificatePem, Samples.KeyPem));

    [Fact]
    public void A_chain_and_both_in_one_file_are_accepted()
    {
        var chain = Samples.CertificatePem + "\n" + Samples.OtherCertificatePem;
        Assert.Equal("", Errors(chain, Samples.KeyPem));
        Assert.Equal("", Errors(chain + "\n" + Samples.KeyPem, chain + "\n" + Samples.KeyPem));
    }

    [Fact]
    public void The_key_of_another_certificate_is_refused() =>
        Assert.Equal(
            "3:39: file 'tls.key' holds a private key that cannot be read or does not belong to the certificate",
            Errors(Samples.CertificatePem, Samples.OtherKeyPem));

    [Fact]
    public void A_key_of_another_algorithm_is_refused()
    {
        using var rsa = RSA.Create(2048);
        var errors = Errors(Samples.CertificatePem, rsa.ExportPkcs8PrivateKeyPem());
        Assert.EndsWith("does not belong to the certificate", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_in_each_others_place_are_refused() =>
        Assert.StartsWith(
            "3:25: file 'tls.crt' holds no certificate;", Errors(Samples.KeyPem, Samples.CertificatePem),
            StringComparison.Ordinal);

    [Fact]
    public void A_file_without_a_key_is_refused() =>
        Assert.StartsWith(
            "3:39: file 'tls.key' holds no private key;", Errors(Samples.CertificatePem, Samples.CertificatePem),
            StringComparison.Ordinal);

    [Fact]
    public void An_encrypted_key_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportEncryptedPkcs8PrivateKeyPem(
            "password", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1));
        Assert.StartsWith(
            "3:39: file 'tls.key' holds an encrypted key;", Errors(Samples.CertificatePem, pem), StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_certificate_is_refused()
    {
        const string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        Assert.Equal("3:25: file 'tls.crt' holds a certificate that cannot be read", Errors(broken, Samples.KeyPem));
    }

    [Fact]
    public void A_broken_key_is_refused()
    {
        const string broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        Assert.StartsWith("3:39: file 'tls.key' holds", Errors(Samples.CertificatePem, broken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "3:25: file 'tls.crt' is larger than 2MiB")]
    public void A_pem_file_may_have_its_bound_of_bytes_and_no_more(int surplus, string error)
    {
        var padding = new string('\n', Certificates.PemBytesMax + surplus - Samples.CertificatePem.Length);
        Assert.Equal(error, Errors(Samples.CertificatePem + padding, Samples.KeyPem));
    }

    private static string Errors(string certificate, string key)
    {
        var source = Samples.Source();
        source.AddFile("/etc/edge/tls.crt", certificate);
        source.AddFile("/etc/edge/tls.key", key);
        var diagnostics = Samples.Load(Samples.WithListenerKey(Tls), source).Diagnostics;
        return string.Join('\n', diagnostics.Select(d => $"{d.Line}:{d.Column}: {d.Message}"));
    }
}
