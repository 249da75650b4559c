namespace Edge.Core.Identity;

/// <summary>
/// A token that was verified, with what is kept of it, as a <see cref="TokenCache{T}"/> remembers it. Safe from any thread.
/// </summary>
/// <typeparam name="T">What is kept with a token.</typeparam>
public sealed class VerifiedToken<T>
    where T : class
{
    private readonly JwtKey _key;
    private readonly int _scope;
    private readonly long _validFromMs;
    private volatile bool _isAskedFor;

    internal VerifiedToken(
        ulong hash, byte[] token, int scope, JwtKey key, long validFromMs, long validUntilMs, T value)
    {
        Hash = hash;
        Token = token;
        Value = value;
        ValidUntilMs = validUntilMs;
        _scope = scope;
        _key = key;
        _validFromMs = validFromMs;
    }

    /// <summary>What is kept with it: who it speaks for.</summary>
    public T Value { get; }

    internal ulong Hash { get; }

    internal byte[] Token { get; }

    internal long ValidUntilMs { get; }

    internal bool IsKeyRetired => _key.IsRetired;

    /// <summary>Somebody has asked for it since this was last set to false.</summary>
    internal bool IsAskedFor
    {
        get => _isAskedFor;
        set => _isAskedFor = value;
    }

    /// <summary>Whether it still holds, as <see cref="TokenCache{T}"/> says it.</summary>
    /// <param name="scope">What for. A miss, where it was verified for something else.</param>
    /// <param name="nowMs">Unix time in milliseconds.</param>
    public TokenCacheOutcome Ask(int scope, long nowMs)
    {
        if (_scope != scope || _key.IsRetired || nowMs < _validFromMs)
        {
            return TokenCacheOutcome.Miss;
        }

        if (nowMs >= ValidUntilMs)
        {
            return TokenCacheOutcome.Expired;
        }

        // Written only when it changes: threads that share a token would else fight for its cache line.
        if (!_isAskedFor)
        {
            _isAskedFor = true;
        }

        return TokenCacheOutcome.Hit;
    }

    internal bool Is(ReadOnlySpan<byte> token, int scope) => _scope == scope && token.SequenceEqual(Token);

    internal bool Is(VerifiedToken<T> other) => Hash == other.Hash && Is(other.Token, other._scope);
}
