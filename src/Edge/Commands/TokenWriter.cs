using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Edge.Core.Identity;

namespace Edge.Commands;

/// <summary>What a test token says.</summary>
internal sealed record TokenContent
{
    /// <summary>Its <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>From now to its <c>exp</c>.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>Its <c>scope</c>; left out where there is none.</summary>
    public Scopes Scopes { get; init; } = Scopes.None;

    /// <summary>Further claims; one with a name that is written anyway takes its place.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Claims { get; init; } = [];
}

/// <summary>Signs tokens as a consumer would, for tests and the demo. The gateway itself never issues any.</summary>
internal static class TokenWriter
{
    /// <summary>A compact JWS (RFC 7515, section 3.1).</summary>
    /// <param name="algorithm">HS256, HS384 or HS512.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="kid">Its name.</param>
    /// <param name="content">What the token says.</param>
    /// <param name="time">The clock.</param>
    public static string Sign(
        JwtAlgorithm algorithm, ReadOnlySpan<byte> secret, string kid, TokenContent content, TimeProvider time)
    {
        var header = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteString("alg"u8, JwtAlgorithms.Name(algorithm));
            json.WriteString("typ"u8, "JWT"u8);
            json.WriteString("kid"u8, kid);
            json.WriteEndObject();
        }

        var payload = WritePayload(content, time.GetUtcNow());
        var text = Base64Url.EncodeToString(header.WrittenSpan) + "." + Base64Url.EncodeToString(payload);
        var signed = Encoding.ASCII.GetBytes(text);
        var signature = algorithm switch
        {
            JwtAlgorithm.HS256 => HMACSHA256.HashData(secret, signed),
            JwtAlgorithm.HS384 => HMACSHA384.HashData(secret, signed),
            JwtAlgorithm.HS512 => HMACSHA512.HashData(secret, signed),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, null),
        };
        return text + "." + Base64Url.EncodeToString(signature);
    }

    private static ReadOnlySpan<byte> WritePayload(TokenContent content, DateTimeOffset now)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        var payload = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(payload);
        json.WriteStartObject();
        foreach (var (name, value) in content.Claims)
        {
            if (own.Add(name))
            {
                json.WriteString(name, value);
            }
        }

        if (own.Add("sub"))
        {
            json.WriteString("sub"u8, content.Subject);
        }

        if (!content.Scopes.IsEmpty && own.Add("scope"))
        {
            json.WriteString("scope"u8, content.Scopes.Text);
        }

        if (own.Add("iat"))
        {
            json.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
        }

        if (own.Add("exp"))
        {
            json.WriteNumber("exp"u8, (now + content.Lifetime).ToUnixTimeSeconds());
        }

        json.WriteEndObject();
        json.Flush();
        return payload.WrittenSpan;
    }
}
