using System.Collections.Immutable;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>
/// The payload of a token that was verified: the only thing that claims for decisions are taken from. It owns its bytes;
/// immutable, safe from any thread. Make what is asked for often (id, tier, scopes) once and keep it with the cached token.
/// </summary>
public sealed class JwtClaims
{
    private readonly byte[] _payload;

    /// <summary>Claims of bytes that have been scanned and verified, which are taken over.</summary>
    internal JwtClaims(byte[] payload, long validFromMs, long validUntilMs)
    {
        _payload = payload;
        ValidFromMs = validFromMs;
        ValidUntilMs = validUntilMs;
    }

    /// <summary>When the token began to be valid, skew included: Unix time in milliseconds.</summary>
    public long ValidFromMs { get; }

    /// <summary>
    /// The first millisecond at which it no longer is, skew included; <see cref="long.MaxValue"/> without <c>exp</c>.
    /// </summary>
    public long ValidUntilMs { get; }

    /// <summary>The payload's JSON.</summary>
    public ReadOnlySpan<byte> Json => _payload;

    /// <summary><c>sub</c>, or null.</summary>
    public string? Subject => Find("sub").Text;

    /// <summary><c>iss</c>, or null.</summary>
    public string? Issuer => Find("iss").Text;

    /// <summary>
    /// A claim by name or path: <c>email</c>, <c>realm_access.roles</c>, <c>https://example.com/claims.tier</c>. A name may have
    /// dots of its own: at each object the longest name that fits the path's beginning is taken.
    /// </summary>
    /// <returns>The claim; of kind None if there is none.</returns>
    public JwtClaim Find(string path)
    {
        Span<byte> buffer = stackalloc byte[256];
        var bytes = Encoding.UTF8.TryGetBytes(path, buffer, out var written) ? buffer[..written] : Encoding.UTF8.GetBytes(path);
        return Find(bytes);
    }

    /// <inheritdoc cref="Find(string)"/>
    public JwtClaim Find(scoped ReadOnlySpan<byte> path)
    {
        var json = (ReadOnlySpan<byte>)_payload;
        var value = new JwtValue(JwtValueKind.Object, false, json.IndexOf((byte)'{'), json.LastIndexOf((byte)'}') + 1);
        value = value with { Length = value.Length - value.Start };
        while (value.Kind == JwtValueKind.Object)
        {
            value = Step(json, value, path, out var taken);
            if (taken >= path.Length)
            {
                return new JwtClaim(json, value);
            }

            path = path[(taken + 1)..];
        }

        return default;
    }

    /// <summary>
    /// The scopes of the claim: of a string those between spaces (RFC 6749, section 3.3), of an array its strings.
    /// </summary>
    /// <param name="path">The claim: <c>scope</c>, <c>scp</c>, or as the file says.</param>
    public ImmutableArray<string> Words(string path)
    {
        var words = ImmutableArray.CreateBuilder<string>();
        Find(path).AddWordsTo(words);
        return words.DrainToImmutable();
    }

    // The value of the longest name that is the path or ends before one of its dots; how much of the path that was.
    private static JwtValue Step(ReadOnlySpan<byte> json, JwtValue container, ReadOnlySpan<byte> path, out int taken)
    {
        JwtValue found = default;
        taken = -1;
        var cursor = new JwtCursor(json, container);
        while (cursor.Next())
        {
            var name = cursor.Name.Text(json);
            var fits = name.Length > taken && path.StartsWith(name)
                && (name.Length == path.Length || path[name.Length] == (byte)'.');
            if (fits)
            {
                found = cursor.Value;
                taken = name.Length;
            }
        }

        taken = taken < 0 ? path.Length : taken;
        return found;
    }
}
