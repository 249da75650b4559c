using System.Collections.Immutable;

namespace Edge.Core.Identity;

/// <summary>
/// The keys of one issuer. Immutable: a new document makes a new set, which replaces this one in the issuer's field while other
/// threads may still be using this one. Nothing is disposed of; see <see cref="JwtKey"/>.
/// </summary>
public sealed class JwtKeySet
{
    private readonly JwtKey[] _keys;

    /// <summary>A set of these keys, in this order.</summary>
    public JwtKeySet(params ReadOnlySpan<JwtKey> keys) => _keys = keys.ToArray();

    /// <summary>A set without keys: every token is refused with <see cref="JwtRejection.KeyUnknown"/>.</summary>
    public static JwtKeySet Empty { get; } = new();

    /// <summary>The keys, in the document's order.</summary>
    public ReadOnlySpan<JwtKey> Keys => _keys;

    /// <summary>Their number.</summary>
    public int Count => _keys.Length;

    /// <summary>Whether a key has this id. False for a token's id means: fetch the document again.</summary>
    public bool Has(ReadOnlySpan<byte> keyId)
    {
        foreach (var key in _keys)
        {
            if (key.Has(keyId))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads a JWKS document (RFC 7517). Keys that cannot be used are left out and reported; the document fails as a whole only
    /// if it is not one. A key that <paramref name="previous"/> has too is the same object in both, so that verified tokens
    /// outlive a refresh.
    /// </summary>
    /// <param name="document">The bytes: UTF-8, at most <see cref="JwtLimits.JwksBytesMax"/>.</param>
    /// <param name="previous">The set that this one is to replace, or null.</param>
    public static JwtKeySetResult Parse(ReadOnlySpan<byte> document, JwtKeySet? previous = null) =>
        JwtKeySetReader.Read(document, previous);

    /// <summary>
    /// Retires the keys of this set that <paramref name="successor"/> no longer has. Call it when the successor is in place: a
    /// token that was verified with such a key leaves each <see cref="TokenCache{T}"/> from then on.
    /// </summary>
    public void RetireKeysNotIn(JwtKeySet successor)
    {
        foreach (var key in _keys)
        {
            if (System.Array.IndexOf(successor._keys, key) < 0)
            {
                key.Retire();
            }
        }
    }

    /// <summary>
    /// The keys that may have signed a token: those with its id, or, if it names none, all; in both cases only such as can do its
    /// algorithm, and at most <see cref="JwtLimits.CandidatesMax"/>.
    /// </summary>
    /// <returns>None, or why there is no candidate.</returns>
    internal JwtRejection FindCandidates(
        bool hasKeyId, ReadOnlySpan<byte> keyId, JwtAlgorithm algorithm, Span<int> candidates, out int count)
    {
        count = 0;
        var isKnown = false;
        for (var i = 0; i < _keys.Length; i++)
        {
            var key = _keys[i];
            if (hasKeyId && !key.Has(keyId))
            {
                continue;
            }

            isKnown = true;
            if (!key.Algorithms.Contains(algorithm))
            {
                continue;
            }

            if (count == candidates.Length)
            {
                return hasKeyId ? JwtRejection.None : JwtRejection.KeyIdMissing;
            }

            candidates[count++] = i;
        }

        return count > 0 ? JwtRejection.None : isKnown ? JwtRejection.KeyAlgorithmMismatch : JwtRejection.KeyUnknown;
    }
}

/// <summary>A key of a document that is not used.</summary>
/// <param name="Index">Its place among the keys, from 0.</param>
/// <param name="KeyId">Its id, or null.</param>
/// <param name="Problem">Why.</param>
public readonly record struct JwtSkippedKey(int Index, string? KeyId, JwtKeyProblem Problem);

/// <summary>What came of reading a JWKS document.</summary>
/// <param name="Fault">Why there is no set; None if there is one, which may be empty.</param>
/// <param name="Keys">The set, or null.</param>
/// <param name="Skipped">The keys that were left out.</param>
public readonly record struct JwtKeySetResult(
    JwtDocumentFault Fault, JwtKeySet? Keys, ImmutableArray<JwtSkippedKey> Skipped);
