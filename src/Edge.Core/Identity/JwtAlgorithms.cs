namespace Edge.Core.Identity;

/// <summary>Names and properties of <see cref="JwtAlgorithm"/>. Pure; safe from any thread.</summary>
public static class JwtAlgorithms
{
    private static readonly string[] Names = Enum.GetNames<JwtAlgorithm>();

    /// <summary>The names of all algorithms that can be verified here, in the order of the enum.</summary>
    public static IReadOnlyList<string> SupportedNames { get; } =
        Names[(int)JwtAlgorithm.RS256..((int)JwtAlgorithm.EdDSA + (Ed25519PublicKey.IsAvailable ? 1 : 0))];

    /// <summary>The name on the wire: <c>RS256</c>.</summary>
    public static string Name(JwtAlgorithm algorithm) => algorithm == JwtAlgorithm.None ? "none" : Names[(int)algorithm];

    /// <summary>
    /// Reads a name as the registry spells it: case matters (RFC 7515, section 4.1.1), and <c>none</c> is not one of them.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out JwtAlgorithm algorithm)
    {
        algorithm = JwtAlgorithm.None;
        if (name.Length == 5)
        {
            // Two letters that say the family, three digits that say the hash; EdDSA is like none of them.
            var family = (name[0] << 8) | name[1];
            var first = family switch
            {
                ('R' << 8) | 'S' => JwtAlgorithm.RS256,
                ('P' << 8) | 'S' => JwtAlgorithm.PS256,
                ('E' << 8) | 'S' => JwtAlgorithm.ES256,
                ('H' << 8) | 'S' => JwtAlgorithm.HS256,
                _ => JwtAlgorithm.None,
            };
            var hash = name[2..].SequenceEqual("256"u8) ? 0
                : name[2..].SequenceEqual("384"u8) ? 1
                : name[2..].SequenceEqual("512"u8) ? 2
                : -1;
            algorithm = first != JwtAlgorithm.None && hash >= 0 ? (JwtAlgorithm)((int)first + hash)
                : name.SequenceEqual("EdDSA"u8) ? JwtAlgorithm.EdDSA
                : JwtAlgorithm.None;
        }

        return algorithm != JwtAlgorithm.None;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out JwtAlgorithm)"/>
    public static bool TryParse(string name, out JwtAlgorithm algorithm)
    {
        algorithm = JwtAlgorithm.None;
        var index = Array.IndexOf(Names, name, (int)JwtAlgorithm.RS256);
        if (index < 0)
        {
            return false;
        }

        algorithm = (JwtAlgorithm)index;
        return true;
    }

    /// <summary>
    /// Whether signatures of this algorithm can be verified. <see cref="JwtAlgorithm.EdDSA"/> is there where OpenSSL is; a file
    /// that names it elsewhere must be refused.
    /// </summary>
    public static bool IsSupported(JwtAlgorithm algorithm) => algorithm is > JwtAlgorithm.None and < JwtAlgorithm.EdDSA
        || (algorithm == JwtAlgorithm.EdDSA && Ed25519PublicKey.IsAvailable);

    /// <summary>True for RSASSA-PKCS1-v1_5 and RSASSA-PSS.</summary>
    public static bool IsRsa(JwtAlgorithm algorithm) => algorithm is >= JwtAlgorithm.RS256 and <= JwtAlgorithm.PS512;

    /// <summary>True for RSASSA-PSS.</summary>
    public static bool IsPss(JwtAlgorithm algorithm) => algorithm is >= JwtAlgorithm.PS256 and <= JwtAlgorithm.PS512;

    /// <summary>True for ECDSA.</summary>
    public static bool IsEc(JwtAlgorithm algorithm) => algorithm is >= JwtAlgorithm.ES256 and <= JwtAlgorithm.ES512;

    /// <summary>True for HMAC.</summary>
    public static bool IsHmac(JwtAlgorithm algorithm) => algorithm is >= JwtAlgorithm.HS256 and <= JwtAlgorithm.HS512;

    /// <summary>The bytes of the algorithm's hash: 32, 48 or 64; 0 where there is none.</summary>
    public static int HashBytes(JwtAlgorithm algorithm) =>
        algorithm is > JwtAlgorithm.None and < JwtAlgorithm.EdDSA ? 32 + (16 * (((int)algorithm - 1) % 3)) : 0;
}
