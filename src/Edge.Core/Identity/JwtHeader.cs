using System.Text;

namespace Edge.Core.Identity;

/// <summary>What is read of a header (RFC 7515, section 4).</summary>
internal readonly record struct JwtHeader(JwtAlgorithm Algorithm, JwtValue KeyId, JwtValue Type)
{
    /// <summary>Reads a header that has been scanned.</summary>
    /// <returns>None, or why no policy can accept the token.</returns>
    internal static JwtRejection Read(JwtJson json, ReadOnlySpan<byte> header, out JwtHeader facts)
    {
        JwtValue algorithm = default, keyId = default, type = default;
        var refusal = JwtRejection.None;
        foreach (ref readonly var member in json.Members)
        {
            var name = member.Name.Text(header);
            if (name.SequenceEqual("alg"u8))
            {
                algorithm = member.Value;
            }
            else if (name.SequenceEqual("kid"u8))
            {
                keyId = member.Value;
            }
            else if (name.SequenceEqual("typ"u8))
            {
                type = member.Value;
            }
            else if (refusal == JwtRejection.None)
            {
                refusal = Refuse(name, member.Value);
            }
        }

        facts = new JwtHeader(JwtAlgorithm.None, keyId, type);
        if (refusal == JwtRejection.None && (!IsText(keyId, JwtLimits.KeyIdBytesMax) || !IsText(type, JwtLimits.HeaderBytesMax)))
        {
            refusal = JwtRejection.HeaderInvalid;
        }

        if (refusal == JwtRejection.None)
        {
            refusal = ReadAlgorithm(algorithm, header, out var known);
            facts = facts with { Algorithm = known };
        }

        return refusal;
    }

    // What would change how the token is read, or which key verifies it. Everything else is ignored, as section 4 asks.
    private static JwtRejection Refuse(ReadOnlySpan<byte> name, JwtValue value) =>
        name.SequenceEqual("crit"u8) ? JwtRejection.CriticalUnknown
        : name.SequenceEqual("b64"u8) ? (value.Kind == JwtValueKind.True ? JwtRejection.None : JwtRejection.PayloadUnencoded)
        : name.SequenceEqual("jku"u8) || name.SequenceEqual("jwk"u8) || name.SequenceEqual("x5u"u8)
            || name.SequenceEqual("x5c"u8) ? JwtRejection.KeyInHeader
        : JwtRejection.None;

    private static JwtRejection ReadAlgorithm(JwtValue value, ReadOnlySpan<byte> header, out JwtAlgorithm algorithm)
    {
        algorithm = JwtAlgorithm.None;
        if (value.Kind != JwtValueKind.String)
        {
            return JwtRejection.AlgorithmMissing;
        }

        var name = value.Text(header);
        if (Ascii.EqualsIgnoreCase(name, "none"u8))
        {
            return JwtRejection.AlgorithmNone;
        }

        return JwtAlgorithms.TryParse(name, out algorithm) && JwtAlgorithms.IsSupported(algorithm)
            ? JwtRejection.None
            : JwtRejection.AlgorithmUnknown;
    }

    private static bool IsText(JwtValue value, int bytesMax) =>
        value.Kind == JwtValueKind.None || (value.Kind == JwtValueKind.String && value.Length <= bytesMax);
}
