using System.Text;

namespace Edge.Core.Identity;

/// <summary>What is read of an OpenID Connect discovery document (or of RFC 8414 metadata).</summary>
/// <param name="Fault">Why there is nothing; None if there is.</param>
/// <param name="JwksUri">Where the keys are, as written: an absolute https or http URL.</param>
public readonly record struct JwtDiscovery(JwtDocumentFault Fault, string? JwksUri)
{
    /// <summary>
    /// Reads a document. Its <c>issuer</c> must be the one that was asked for, byte for byte (OpenID Connect Discovery, section
    /// 4.3): a document that speaks for another issuer has no say about this one's keys.
    /// </summary>
    /// <param name="document">The bytes: UTF-8, at most <see cref="JwtLimits.DiscoveryBytesMax"/>.</param>
    /// <param name="issuer">The issuer, as the file has it.</param>
    public static JwtDiscovery Parse(ReadOnlySpan<byte> document, string issuer)
    {
        var fault = JwtKeySetReader.Open(document, JwtLimits.DiscoveryBytesMax, out var json);
        if (fault != JwtDocumentFault.None)
        {
            return new JwtDiscovery(fault, null);
        }

        var found = json.Find(document, "issuer"u8);
        var uri = json.Find(document, "jwks_uri"u8);
        if (found.Kind != JwtValueKind.String || uri.Kind != JwtValueKind.String)
        {
            return new JwtDiscovery(JwtDocumentFault.MemberInvalid, null);
        }

        if (!found.TextEquals(document, Encoding.UTF8.GetBytes(issuer)))
        {
            return new JwtDiscovery(JwtDocumentFault.IssuerMismatch, null);
        }

        var text = Encoding.UTF8.GetString(uri.Text(document));
        return Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "https" or "http"
            && parsed.UserInfo.Length == 0
            ? new JwtDiscovery(JwtDocumentFault.None, text)
            : new JwtDiscovery(JwtDocumentFault.UriInvalid, null);
    }
}
