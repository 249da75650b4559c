using System.Collections.Immutable;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>What is asked of the tokens of one issuer, or of one kind of consumer. Immutable; shared by all threads.</summary>
public sealed class JwtPolicy
{
    private readonly byte[]? _issuer;
    private readonly ImmutableArray<byte[]> _audiences = [];
    private readonly ImmutableArray<byte[]> _types = [];

    /// <summary>The <c>iss</c> that a token must have, compared byte by byte. null: it is not asked for.</summary>
    public string? Issuer
    {
        get => _issuer is null ? null : Encoding.UTF8.GetString(_issuer);
        init => _issuer = value is null ? null : Encoding.UTF8.GetBytes(value);
    }

    /// <summary>
    /// One of these must be among the token's <c>aud</c> (RFC 7519, section 4.1.3). Empty: it is not asked for, which RFC 8725,
    /// section 3.9, allows only where the key signs for this resource alone.
    /// </summary>
    public ImmutableArray<string> Audiences
    {
        get => ImmutableArray.CreateRange(_audiences, static bytes => Encoding.UTF8.GetString(bytes));
        init => _audiences = ImmutableArray.CreateRange(value, static text => Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The algorithms that are accepted. A key narrows them further, never widens them.</summary>
    public required JwtAlgorithmSet Algorithms { get; init; }

    /// <summary>How far the clocks may differ, in seconds: added to <c>exp</c>, taken from <c>nbf</c> and <c>iat</c>.</summary>
    public int ClockSkewSeconds { get; init; } = 30;

    /// <summary>
    /// Most seconds from <c>iat</c> (where there is one) and from now to <c>exp</c>; 0: no maximum. With a maximum, <c>exp</c> is
    /// required.
    /// </summary>
    public long LifetimeSecondsMax { get; init; }

    /// <summary>Whether a token without <c>exp</c> is refused.</summary>
    public bool RequireExpiry { get; init; } = true;

    /// <summary>
    /// The values of <c>typ</c> that are accepted, without <c>application/</c>, in any case (<c>at+jwt</c>: RFC 9068). Empty:
    /// none is required, and of the kinds of JWT that name themselves (<c>…+jwt</c>) only <c>at+jwt</c> is taken.
    /// </summary>
    public ImmutableArray<string> Types
    {
        get => ImmutableArray.CreateRange(_types, static bytes => Encoding.ASCII.GetString(bytes));
        init => _types = ImmutableArray.CreateRange(value, static text => Encoding.ASCII.GetBytes(text));
    }

    /// <summary>Most bytes of a token, at most <see cref="JwtLimits.TokenBytesMax"/>.</summary>
    public int TokenBytesMax { get; init; } = JwtLimits.TokenBytesDefault;

    /// <summary>The issuer's bytes, or null.</summary>
    internal ReadOnlySpan<byte> IssuerBytes => _issuer;

    /// <summary>Whether an issuer is asked for.</summary>
    internal bool ChecksIssuer => _issuer is not null;

    /// <summary>Whether an audience is asked for.</summary>
    internal bool ChecksAudience => _audiences.Length > 0;

    /// <summary>Whether the issuer of a token that is not yet verified is this policy's: how one of several is chosen.</summary>
    public bool IsFor(ReadOnlySpan<byte> issuer) => _issuer is not null && issuer.SequenceEqual(_issuer);

    /// <summary>Whether this is one of the audiences.</summary>
    internal bool AcceptsAudience(ReadOnlySpan<byte> audience)
    {
        foreach (var accepted in _audiences)
        {
            if (audience.SequenceEqual(accepted))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a header with this <c>typ</c>, or without one, is accepted.</summary>
    internal bool AcceptsType(bool isPresent, ReadOnlySpan<byte> type)
    {
        // RFC 7515, section 4.1.9: the prefix may be left out where no other slash follows.
        var prefix = "application/"u8;
        if (type.Length > prefix.Length && Ascii.EqualsIgnoreCase(type[..prefix.Length], prefix))
        {
            type = type[prefix.Length..];
        }

        foreach (var accepted in _types)
        {
            if (isPresent && Ascii.EqualsIgnoreCase(type, accepted))
            {
                return true;
            }
        }

        return _types.IsEmpty && (!isPresent || type.Length < 4 || !Ascii.EqualsIgnoreCase(type[^4..], "+jwt"u8)
            || Ascii.EqualsIgnoreCase(type, "at+jwt"u8));
    }
}
