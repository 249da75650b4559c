using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Memory;

namespace Edge.Core.Identity;

/// <summary>
/// Reads and verifies one token at a time, in two steps, so that whoever calls can choose issuer and keys in between:
/// <see cref="Read(ReadOnlySpan{char}, int)"/> takes the token apart without trusting it,
/// <see cref="Verify(JwtPolicy, JwtKeySet, long)"/> checks signature and claims. Neither allocates (but for escapes in text
/// that is read).
/// </summary>
/// <remarks>
/// <para>Owned by one caller at a time, from <see cref="Rent"/> to <see cref="Dispose"/>; the thread may change between the two
/// steps. Spans that it gives out end with the next Read or with Dispose.</para>
/// <para>What is read before <see cref="IsVerified"/> is an assertion by anyone: good for finding the keys, for nothing
/// else.</para>
/// </remarks>
public sealed partial class JwtReader : IDisposable
{
    private static readonly JwtHash Hash = NewHash();
    private static readonly JwtReader?[] Idle = new JwtReader?[64];

    private readonly JwtJson _json = new(Hash, JwtLimits.MembersMax);
    private readonly JwtHmac _hashes = new();
    private byte[] _buffer = [];
    private int _tokenLength;
    private int _signedLength;
    private int _payloadStart;
    private int _payloadEnd;
    private int _signatureLength;
    private byte[]? _keyIdCopy;
    private Range _keyId;
    private JwtKey? _key;
    private bool _isRented = true;

    /// <summary>The algorithm that the header names.</summary>
    public JwtAlgorithm Algorithm { get; private set; }

    /// <summary>Whether the header has a <c>kid</c>.</summary>
    public bool HasKeyId { get; private set; }

    /// <summary>The header's <c>kid</c> in UTF-8; empty if there is none.</summary>
    public ReadOnlySpan<byte> KeyId => _keyIdCopy ?? _buffer.AsSpan(_keyId);

    /// <summary>Whether the payload has an <c>iss</c>.</summary>
    public bool HasIssuer => _issuer.Kind == JwtValueKind.String;

    /// <summary>The payload's <c>iss</c> in UTF-8; empty if there is none.</summary>
    public ReadOnlySpan<byte> Issuer => HasIssuer ? _issuer.Text(Payload) : default;

    /// <summary>The token's bytes.</summary>
    public ReadOnlySpan<byte> Token => _buffer.AsSpan(0, _tokenLength);

    /// <summary>Whether the last <see cref="Verify(JwtPolicy, JwtKeySet, long)"/> accepted the token.</summary>
    public bool IsVerified => _key is not null;

    /// <summary>The key that verified the signature. Only after a Verify that accepted.</summary>
    public JwtKey Key => _key ?? throw NotVerified();

    /// <summary>
    /// Whether verifying takes long enough (RSA, EC: tens of microseconds) to belong on the thread pool instead of a thread that
    /// completes I/O.
    /// </summary>
    public bool IsExpensive => !JwtAlgorithms.IsHmac(Algorithm);

    private ReadOnlySpan<byte> Payload => _buffer.AsSpan(_payloadStart, _payloadEnd - _payloadStart);

    /// <summary>A reader for one caller, which gives it back by <see cref="Dispose"/>.</summary>
    public static JwtReader Rent()
    {
        var idle = Idle;
        for (var i = 0; i < idle.Length; i++)
        {
            if (idle[i] is not null && Interlocked.Exchange(ref idle[i], null) is { } reader)
            {
                reader._isRented = true;
                return reader;
            }
        }

        return new JwtReader();
    }

    /// <summary>Gives the reader back; once more does nothing. It holds nothing of the token from then on.</summary>
    public void Dispose()
    {
        Clear();
        if (!_isRented)
        {
            return;
        }

        _isRented = false;
        var idle = Idle;
        for (var i = 0; i < idle.Length; i++)
        {
            if (idle[i] is null && Interlocked.CompareExchange(ref idle[i], this, null) is null)
            {
                return;
            }
        }
    }

    /// <summary>Takes a token apart: header and payload are checked as JSON, nothing is verified.</summary>
    /// <param name="token">The token alone, without a scheme before it.</param>
    /// <param name="bytesMax">Most bytes that any policy to come may allow; at most
    /// <see cref="JwtLimits.TokenBytesMax"/>.</param>
    /// <returns>None, or why the token cannot be accepted by any policy.</returns>
    public JwtRejection Read(ReadOnlySpan<char> token, int bytesMax = JwtLimits.TokenBytesMax)
    {
        Clear();
        if (token.Length > Math.Min(bytesMax, JwtLimits.TokenBytesMax))
        {
            return JwtRejection.TokenTooLarge;
        }

        _buffer = BlockPool.Rent(RoomFor(token.Length));
        return Ascii.FromUtf16(token, _buffer, out _tokenLength) == OperationStatus.Done
            ? Take(token.Length)
            : JwtRejection.EncodingInvalid;
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{char}, int)"/>
    public JwtRejection Read(ReadOnlySpan<byte> token, int bytesMax = JwtLimits.TokenBytesMax)
    {
        Clear();
        if (token.Length > Math.Min(bytesMax, JwtLimits.TokenBytesMax))
        {
            return JwtRejection.TokenTooLarge;
        }

        _buffer = BlockPool.Rent(RoomFor(token.Length));
        token.CopyTo(_buffer);
        return Take(token.Length);
    }

    /// <summary>
    /// The text of a claim of the payload's top level before it is verified, as with a key's id in a claim; null if it is not
    /// there or no string.
    /// </summary>
    public string? UnverifiedText(ReadOnlySpan<byte> claim)
    {
        var value = _json.Find(Payload, claim);
        return value.Kind == JwtValueKind.String ? Encoding.UTF8.GetString(value.Text(Payload)) : null;
    }

    /// <summary>The verified claims, in an object of their own that outlives the reader.</summary>
    public JwtClaims CopyClaims() =>
        IsVerified ? new JwtClaims(Payload.ToArray(), ValidFromMs, ValidUntilMs) : throw NotVerified();

    // The token, then what its three segments stand for, which takes three bytes for each four.
    private static int RoomFor(int length) => 2 * length;

    private static InvalidOperationException NotVerified() => new("The token is not verified.");

    private static JwtHash NewHash()
    {
        Span<byte> seed = stackalloc byte[16];
        RandomNumberGenerator.Fill(seed);
        return new JwtHash(BitConverter.ToUInt64(seed), BitConverter.ToUInt64(seed[8..]));
    }

    private void Clear()
    {
        if (_buffer.Length > 0)
        {
            BlockPool.Return(_buffer);
        }

        _buffer = [];
        _tokenLength = _signedLength = _payloadStart = _payloadEnd = _signatureLength = 0;
        _keyId = _type = default;
        _keyIdCopy = _typeCopy = null;
        _hasType = false;
        _key = null;
        _json.Clear();
        _issuer = _audience = default;
        HasKeyId = false;
        Algorithm = JwtAlgorithm.None;
    }

    private JwtRejection Take(int length)
    {
        _tokenLength = length;
        var rejection = Split(out var header);
        if (rejection == JwtRejection.None)
        {
            rejection = ReadHeader(header);
        }

        if (rejection == JwtRejection.None)
        {
            rejection = ReadPayload();
        }

        if (rejection != JwtRejection.None)
        {
            // Nothing of a payload that cannot be accepted is given out.
            _json.Clear();
            _payloadStart = _payloadEnd = 0;
            _issuer = _audience = default;
        }

        return rejection;
    }

    private JwtRejection Split(out Range header)
    {
        header = default;
        var token = Token;
        if (token.IsEmpty)
        {
            return JwtRejection.TokenEmpty;
        }

        var dots = token.Count((byte)'.');
        if (dots != 2)
        {
            return dots == 4 ? JwtRejection.TokenEncrypted : JwtRejection.SegmentCount;
        }

        var first = token.IndexOf((byte)'.');
        _signedLength = token.LastIndexOf((byte)'.');
        if (!TryDecode(token[..first], _tokenLength, out var headerLength))
        {
            return JwtRejection.EncodingInvalid;
        }

        _payloadStart = _tokenLength + headerLength;
        header = _tokenLength.._payloadStart;
        if (!TryDecode(token[(first + 1).._signedLength], _payloadStart, out var payloadLength)
            || !TryDecode(token[(_signedLength + 1)..], _payloadStart + payloadLength, out _signatureLength))
        {
            return JwtRejection.EncodingInvalid;
        }

        _payloadEnd = _payloadStart + payloadLength;
        return JwtRejection.None;
    }

    private bool TryDecode(ReadOnlySpan<byte> segment, int at, out int written) =>
        JwtBase64Url.TryDecode(segment, _buffer.AsSpan(at), out written);

    private JwtRejection ReadHeader(Range range)
    {
        var header = _buffer.AsSpan(range);
        if (header.Length > JwtLimits.HeaderBytesMax)
        {
            return JwtRejection.JsonTooComplex;
        }

        var rejection = _json.Scan(header);
        if (rejection == JwtRejection.None)
        {
            rejection = JwtHeader.Read(_json, header, out var facts);
            Algorithm = facts.Algorithm;
            _type = facts.Type.Kind == JwtValueKind.String ? Place(facts.Type, range, header, out _typeCopy) : default;
            _hasType = facts.Type.Kind == JwtValueKind.String;
            HasKeyId = facts.KeyId.Kind == JwtValueKind.String;
            _keyId = HasKeyId ? Place(facts.KeyId, range, header, out _keyIdCopy) : default;
        }

        return rejection;
    }

    private static Range Place(JwtValue value, Range outer, ReadOnlySpan<byte> json, out byte[]? copy)
    {
        copy = value.IsEscaped ? value.Text(json).ToArray() : null;
        var start = outer.Start.Value + value.Start;
        return start..(start + value.Length);
    }
}
