namespace Edge.Core.Identity;

/// <summary>A set of algorithms: an issuer's list, or what a key may be used for. A value; empty by default.</summary>
public readonly record struct JwtAlgorithmSet
{
    private readonly ushort _bits;

    private JwtAlgorithmSet(int bits) => _bits = (ushort)bits;

    /// <summary>RS256 to RS512 and PS256 to PS512: all that an RSA key can do.</summary>
    public static JwtAlgorithmSet Rsa { get; } = Range(JwtAlgorithm.RS256, JwtAlgorithm.PS512);

    /// <summary>ES256 to ES512.</summary>
    public static JwtAlgorithmSet Ec { get; } = Range(JwtAlgorithm.ES256, JwtAlgorithm.ES512);

    /// <summary>HS256 to HS512.</summary>
    public static JwtAlgorithmSet Hmac { get; } = Range(JwtAlgorithm.HS256, JwtAlgorithm.HS512);

    /// <summary>All algorithms with a public key that are supported: what an issuer with a key set may use.</summary>
    public static JwtAlgorithmSet Asymmetric { get; } = new(
        Range(JwtAlgorithm.RS256, JwtAlgorithm.ES512)._bits
        | (JwtAlgorithms.IsSupported(JwtAlgorithm.EdDSA) ? Bit(JwtAlgorithm.EdDSA) : 0));

    /// <summary>True if nothing is in it.</summary>
    public bool IsEmpty => _bits == 0;

    /// <summary>A set of these. <see cref="JwtAlgorithm.None"/> is never in a set.</summary>
    public static JwtAlgorithmSet Of(params ReadOnlySpan<JwtAlgorithm> algorithms)
    {
        var bits = 0;
        foreach (var algorithm in algorithms)
        {
            bits |= Bit(algorithm);
        }

        return new JwtAlgorithmSet(bits);
    }

    /// <summary>Whether the algorithm is in it.</summary>
    public bool Contains(JwtAlgorithm algorithm) => (_bits & Bit(algorithm)) != 0;

    /// <summary>What is in both.</summary>
    public JwtAlgorithmSet Intersect(JwtAlgorithmSet other) => new(_bits & other._bits);

    /// <summary>The names, comma-separated.</summary>
    public override string ToString()
    {
        var names = new List<string>();
        for (var i = JwtAlgorithm.RS256; i <= JwtAlgorithm.EdDSA; i++)
        {
            if (Contains(i))
            {
                names.Add(JwtAlgorithms.Name(i));
            }
        }

        return string.Join(", ", names);
    }

    private static int Bit(JwtAlgorithm algorithm) => algorithm == JwtAlgorithm.None ? 0 : 1 << (int)algorithm;

    private static JwtAlgorithmSet Range(JwtAlgorithm first, JwtAlgorithm last) =>
        new((2 << (int)last) - (1 << (int)first));
}
