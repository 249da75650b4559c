using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>
/// A key that verifies signatures: a public RSA, EC or Ed25519 key, or a shared secret. Immutable but for
/// <see cref="IsRetired"/>, and safe from any thread.
/// </summary>
/// <remarks>
/// <para>Ownership: a key owns its native handle and is never disposed of. It may be in use by one thread while another swaps the
/// set that it was in, so no owner could say when. The handle is freed by its finaliser once nobody refers to the key; a rotation
/// brings a few keys an hour, so nothing piles up.</para>
/// <para>Threads: verifying with one OpenSSL key from many threads at once is safe, since it only reads the key; the platform
/// makes the state of each operation anew. Measured, a shared key is as fast as one for each thread, so there is no pool.</para>
/// <para>A public key can never be a secret: the kinds are made by different methods, and each verifies its own algorithms
/// only.</para>
/// </remarks>
public sealed class JwtKey
{
    private readonly IDisposable? _publicKey;
    private readonly byte[] _material;
    private readonly byte[] _keyId;
    private volatile bool _isRetired;

    private JwtKey(IDisposable? publicKey, byte[] material, byte[]? keyId, JwtAlgorithmSet algorithms)
    {
        _publicKey = publicKey;
        _material = material;
        _keyId = keyId ?? [];
        HasKeyId = keyId is not null;
        Algorithms = algorithms;
    }

    /// <summary>What it may verify: what its type and curve can do, narrowed by its <c>alg</c>.</summary>
    public JwtAlgorithmSet Algorithms { get; }

    /// <summary>Its id, or null. Made anew for each call.</summary>
    public string? KeyId => HasKeyId ? Encoding.UTF8.GetString(_keyId) : null;

    /// <summary>Whether it has an id.</summary>
    public bool HasKeyId { get; }

    /// <summary>
    /// Whether verifying takes tens of microseconds (RSA, EC, Ed25519) rather than one: do it on the thread pool, not where I/O
    /// completes.
    /// </summary>
    public bool IsExpensive => _publicKey is not null;

    /// <summary>
    /// True once the key is gone from where it came from. Tokens that were verified with it are no longer taken from a
    /// <see cref="TokenCache{T}"/>. Never becomes false again: a key that comes back is a new object.
    /// </summary>
    public bool IsRetired => _isRetired;

    /// <summary>The key's id in UTF-8; empty if it has none.</summary>
    internal ReadOnlySpan<byte> KeyIdBytes => _keyId;

    /// <summary>Takes the key out of use; see <see cref="IsRetired"/>.</summary>
    public void Retire() => _isRetired = true;

    /// <summary>
    /// A shared secret for one algorithm. It must have at least as many bytes as the algorithm's hash (RFC 7518, section 3.2) and
    /// must not be the text of a public key: someone who confuses the two would let everyone sign.
    /// </summary>
    /// <param name="secret">The secret's bytes. They are copied; the caller may erase its own.</param>
    /// <param name="algorithm">HS256, HS384 or HS512: the only one that this secret verifies.</param>
    /// <param name="keyId">The key's id, or null.</param>
    /// <param name="key">The key.</param>
    /// <returns>None, or why there is no key.</returns>
    public static JwtKeyProblem TryCreateSecret(
        ReadOnlySpan<byte> secret, JwtAlgorithm algorithm, string? keyId, out JwtKey? key)
    {
        key = null;
        if (!JwtAlgorithms.IsHmac(algorithm))
        {
            return JwtKeyProblem.AlgorithmMismatch;
        }

        var problem = secret.Length < JwtAlgorithms.HashBytes(algorithm) ? JwtKeyProblem.SecretTooShort
            : secret.IndexOf("-----BEGIN "u8) >= 0 ? JwtKeyProblem.SecretIsPublicKey
            : secret.Length > JwtLimits.SecretBytesMax ? JwtKeyProblem.SecretTooLong
            : CheckKeyId(keyId, out _);
        if (problem == JwtKeyProblem.None)
        {
            key = new JwtKey(null, secret.ToArray(), BytesOf(keyId), JwtAlgorithmSet.Of(algorithm));
        }

        return problem;
    }

    /// <summary>A public RSA or EC key in PEM (<c>PUBLIC KEY</c>, <c>RSA PUBLIC KEY</c>), for one algorithm.</summary>
    /// <param name="pem">The text.</param>
    /// <param name="algorithm">The only algorithm that it verifies.</param>
    /// <param name="keyId">The key's id, or null.</param>
    /// <param name="key">The key.</param>
    /// <returns>None, or why there is no key.</returns>
    public static JwtKeyProblem TryCreatePublic(
        ReadOnlySpan<char> pem, JwtAlgorithm algorithm, string? keyId, out JwtKey? key)
    {
        key = null;
        if (!JwtAlgorithms.IsRsa(algorithm) && !JwtAlgorithms.IsEc(algorithm))
        {
            return JwtKeyProblem.AlgorithmMismatch;
        }

        var problem = CheckKeyId(keyId, out var id);
        return problem != JwtKeyProblem.None ? problem : JwtKeyImport.FromPem(pem, algorithm, id, out key);
    }

    /// <summary>A public key whose parameters have been checked.</summary>
    /// <param name="publicKey">The key, which is taken over.</param>
    /// <param name="fingerprint">A hash of type and parameters: two keys are the same if it is.</param>
    /// <param name="keyId">The id, or null.</param>
    /// <param name="algorithms">What it may verify.</param>
    internal static JwtKey TakePublic(
        IDisposable publicKey, byte[] fingerprint, byte[]? keyId, JwtAlgorithmSet algorithms) =>
        new(publicKey, fingerprint, keyId, algorithms);

    /// <summary>Whether the other is the same public key under the same id for the same algorithms.</summary>
    internal bool IsSameAs(JwtKey other) =>
        _publicKey is not null && other._publicKey is not null && HasKeyId == other.HasKeyId
        && Algorithms == other.Algorithms && KeyIdBytes.SequenceEqual(other.KeyIdBytes)
        && _material.AsSpan().SequenceEqual(other._material);

    /// <summary>Whether it has this id.</summary>
    internal bool Has(ReadOnlySpan<byte> keyId) => HasKeyId && keyId.SequenceEqual(_keyId);

    /// <summary>Verifies a signature over the bytes, for an algorithm that is one of <see cref="Algorithms"/>.</summary>
    /// <param name="hmac">The caller's own.</param>
    /// <param name="algorithm">The token's.</param>
    /// <param name="signed">What was signed.</param>
    /// <param name="signature">The signature.</param>
    /// <returns>None, <see cref="JwtRejection.SignatureSize"/> or <see cref="JwtRejection.SignatureInvalid"/>.</returns>
    internal JwtRejection Verify(
        JwtHmac hmac, JwtAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) =>
        _publicKey switch
        {
            RSA rsa => JwtSignatures.VerifyRsa(rsa, algorithm, signed, signature),
            ECDsa ec => JwtSignatures.VerifyEc(ec, algorithm, signed, signature),
            Ed25519PublicKey ed => JwtSignatures.VerifyEd(ed, signed, signature),
            _ => JwtSignatures.VerifyHmac(hmac, _material, algorithm, signed, signature),
        };

    private static JwtKeyProblem CheckKeyId(string? keyId, out byte[]? bytes)
    {
        bytes = BytesOf(keyId);
        return bytes?.Length > JwtLimits.KeyIdBytesMax ? JwtKeyProblem.KeyIdTooLong : JwtKeyProblem.None;
    }

    private static byte[]? BytesOf(string? keyId) => keyId is null ? null : Encoding.UTF8.GetBytes(keyId);
}
