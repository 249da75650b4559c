using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Upstream;

/// <summary>How TLS is spoken to a target.</summary>
internal static class UpstreamTls
{
    /// <summary>
    /// The options of every handshake with one host, made once: they hold the certificates of <paramref name="caFile"/>, and
    /// the same ones must be used again for sessions to be resumed. The host name is always checked.
    /// </summary>
    /// <param name="host">Host name, which is also sent as SNI, or an IP literal, which is not (RFC 6066, section 3).</param>
    /// <param name="caFile">PEM file of the only authorities to trust; null: the system's.</param>
    /// <exception cref="IOException">The file cannot be read, or has no certificate in it.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate in the file is malformed.</exception>
    public static SslClientAuthenticationOptions CreateOptions(string host, string? caFile) =>
        CreateOptions(host, caFile, SslApplicationProtocol.Http11);

    /// <summary>The same for another protocol, or for one without a name.</summary>
    /// <param name="host">As above.</param>
    /// <param name="caFile">As above.</param>
    /// <param name="protocol">What is spoken inside (RFC 7301); null: not told.</param>
    public static SslClientAuthenticationOptions CreateOptions(string host, string? caFile, SslApplicationProtocol? protocol)
    {
        var policy = new X509ChainPolicy
        {
            // Revocation lists and OCSP would put somebody else's server into the path of every new connection, and when it
            // is down the usual answer is to go on regardless. Short-lived certificates and a CA file do better.
            RevocationMode = X509RevocationMode.NoCheck,

            // Intermediates come from the server (RFC 8446, section 4.4.2), not from URLs that its certificate names.
            DisableCertificateDownloads = true,
        };
        if (caFile is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.ImportFromPemFile(caFile);
            if (policy.CustomTrustStore.Count == 0)
            {
                throw new IOException($"{caFile} holds no certificate in PEM form");
            }
        }

        return new SslClientAuthenticationOptions
        {
            // The dot that ends an absolute name is no part of it in SNI (RFC 6066, section 3) or in a certificate.
            TargetHost = host.TrimEnd('.'),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = protocol is { } name ? [name] : null,
            CertificateChainPolicy = policy,
            AllowRenegotiation = false,
        };
    }
}

/// <summary>Keeps what is wrong with a certificate: the handshake's exception tells it in prose. One per handshake.</summary>
internal sealed class CertificateVerdict
{
    /// <summary>What is wrong, for our log; null while nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Called by the handshake; adds no judgement of its own.</summary>
    public bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        var problem = errors.ToString();
        foreach (var status in chain?.ChainStatus ?? [])
        {
            problem += ", " + status.Status;
        }

        Problem = problem;
        return false;
    }
}
