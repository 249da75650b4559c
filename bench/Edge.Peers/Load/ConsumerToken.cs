using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Peers.Load;

/// <summary>
/// The consumer that calls through the chain of policies, and the token (RFC 7519, HS256) with which it does. Configurations know
/// its secret as <c>{consumerSecret}</c>.
/// </summary>
internal static class ConsumerToken
{
    /// <summary>Who calls: the token's <c>sub</c>.</summary>
    public const string Consumer = "bench-app";

    /// <summary>Which of the consumer's keys signs: the token's <c>kid</c>.</summary>
    public const string KeyId = "bench-app-key";

    /// <summary>What is shared with the gateways of one run.</summary>
    public static string Secret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>A token for an hour.</summary>
    public static string Make()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var header = Encode($$"""{"alg":"HS256","typ":"JWT","kid":"{{KeyId}}"}""");
        var claims = Encode(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"iss":"{{KeyId}}","sub":"{{Consumer}}","iat":{{now - 60}},"nbf":{{now - 60}},"exp":{{now + 3540}}}"""));
        var signed = $"{header}.{claims}";
        var signature = HMACSHA256.HashData(Encoding.ASCII.GetBytes(Secret), Encoding.ASCII.GetBytes(signed));
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(json));
}
