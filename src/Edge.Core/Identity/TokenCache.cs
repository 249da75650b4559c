using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Edge.Core.Memory;

namespace Edge.Core.Identity;

/// <summary>What a <see cref="TokenCache{T}"/> knows of a token.</summary>
public enum TokenCacheOutcome : byte
{
    /// <summary>Nothing: verify it.</summary>
    Miss,
    /// <summary>It was verified, and still holds.</summary>
    Hit,
    /// <summary>It was verified, and its time is over: refuse it as expired, no signature need be checked.</summary>
    Expired,
}

/// <summary>
/// Remembers tokens that were verified, so that a repeated one costs no signature check. Lock-free and without allocation on a
/// hit. Bounded. Safe from any thread.
/// </summary>
/// <remarks>
/// <para>A token is found by a keyed hash of all its bytes and then compared byte by byte, so that no two tokens are ever taken
/// for each other. The comparison need not be in constant time: it only happens once 64 bits under a secret key agree.</para>
/// <para>An entry counts for the scope that it was added with, between its first and last millisecond, and while its key is not
/// retired.</para>
/// <para>Sets of eight ways. In a full set the newcomer takes the place of one that nobody asked for again, so that a flood of
/// tokens that are each used once replaces only itself. Only verified tokens enter, so a flood needs an issuer.</para>
/// </remarks>
/// <typeparam name="T">What is kept with a token: who it speaks for.</typeparam>
public sealed class TokenCache<T>
    where T : class
{
    /// <summary>The entries of one set.</summary>
    public const int Ways = 8;

    private const int StackBytes = 2048;

    private readonly JwtHash _hash;
    private readonly VerifiedToken<T>?[] _entries;
    private readonly int _setMask;
    private readonly Lock _adding = new();

    /// <summary>A cache for at least this many tokens: rounded up to eight times a power of two.</summary>
    /// <param name="entriesMax">Tokens.</param>
    /// <param name="secret">What hashes are made with, so that nobody chooses tokens that collide.</param>
    public TokenCache(int entriesMax, UInt128 secret)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entriesMax);
        var sets = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)((entriesMax + Ways - 1) / Ways));
        _entries = new VerifiedToken<T>?[sets * Ways];
        _setMask = sets - 1;
        _hash = new JwtHash((ulong)secret, (ulong)(secret >> 64));
    }

    /// <summary>Most entries.</summary>
    public int Capacity => _entries.Length;

    /// <summary>Looks a token up.</summary>
    /// <param name="token">The token.</param>
    /// <param name="scope">What it was verified for: a number of its own for each set of policies and keys.</param>
    /// <param name="nowMs">Unix time in milliseconds.</param>
    /// <param name="found">
    /// What is remembered; only with <see cref="TokenCacheOutcome.Hit"/>. Whoever meets the same token again may ask it, instead
    /// of looking the token up.
    /// </param>
    [SkipLocalsInit]
    public TokenCacheOutcome TryGet(ReadOnlySpan<char> token, int scope, long nowMs, out VerifiedToken<T>? found)
    {
        found = null;
        if (token.Length > JwtLimits.TokenBytesMax)
        {
            return TokenCacheOutcome.Miss;
        }

        if (token.Length <= StackBytes)
        {
            Span<byte> bytes = stackalloc byte[StackBytes];
            return Ascii.FromUtf16(token, bytes, out var length) == OperationStatus.Done
                ? TryGet(bytes[..length], scope, nowMs, out found)
                : TokenCacheOutcome.Miss;
        }

        var rented = BlockPool.Rent(token.Length);
        var outcome = Ascii.FromUtf16(token, rented, out var written) == OperationStatus.Done
            ? TryGet(rented.AsSpan(0, written), scope, nowMs, out found)
            : TokenCacheOutcome.Miss;
        BlockPool.Return(rented);
        return outcome;
    }

    /// <inheritdoc cref="TryGet(ReadOnlySpan{char}, int, long, out VerifiedToken{T})"/>
    public TokenCacheOutcome TryGet(ReadOnlySpan<byte> token, int scope, long nowMs, out VerifiedToken<T>? found)
    {
        var hash = _hash.Of(token);
        foreach (ref var slot in SetOf(hash))
        {
            var entry = Volatile.Read(ref slot);
            if (entry is null || entry.Hash != hash || !entry.Is(token, scope))
            {
                continue;
            }

            var outcome = entry.Ask(scope, nowMs);
            found = outcome == TokenCacheOutcome.Hit ? entry : null;
            return outcome;
        }

        found = null;
        return TokenCacheOutcome.Miss;
    }

    /// <summary>Remembers the token that a reader has just verified.</summary>
    /// <param name="verified">The reader. Its times and key go with the entry; its bytes are copied.</param>
    /// <param name="scope">
    /// What it was verified for; see <see cref="TryGet(ReadOnlySpan{byte}, int, long, out VerifiedToken{T})"/>.
    /// </param>
    /// <param name="value">What to keep with it.</param>
    /// <param name="nowMs">Unix time in milliseconds.</param>
    public void Add(JwtReader verified, int scope, T value, long nowMs)
    {
        var token = verified.Token;
        var added = new VerifiedToken<T>(
            _hash.Of(token), token.ToArray(), scope, verified.Key, verified.ValidFromMs, verified.ValidUntilMs, value);
        lock (_adding)
        {
            var set = SetOf(added.Hash);
            Volatile.Write(ref set[Choose(set, added, nowMs)], added);
        }
    }

    private Span<VerifiedToken<T>?> SetOf(ulong hash) => _entries.AsSpan((int)(hash & (uint)_setMask) * Ways, Ways);

    // The place of the same token, else an empty one, one that is over, one that nobody asked for since the last time that all
    // were asked for. The search begins at bits of the hash that the set was not chosen by, which no one can foresee.
    private static int Choose(Span<VerifiedToken<T>?> set, VerifiedToken<T> added, long nowMs)
    {
        var start = (int)(added.Hash >> 48);
        int free = -1, unasked = -1;
        for (var i = 0; i < set.Length; i++)
        {
            var at = (start + i) % set.Length;
            var entry = set[at];
            if (entry is null || entry.IsKeyRetired || nowMs >= entry.ValidUntilMs)
            {
                free = at;
            }
            else if (entry.Is(added))
            {
                return at;
            }
            else if (!entry.IsAskedFor)
            {
                unasked = at;
            }
        }

        if (free >= 0 || unasked >= 0)
        {
            return free >= 0 ? free : unasked;
        }

        foreach (var entry in set)
        {
            entry!.IsAskedFor = false;
        }

        return start % set.Length;
    }
}
