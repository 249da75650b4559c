using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Http;

/// <summary>The opening handshake of WebSocket (RFC 6455, section 4), as far as a gateway has to know it. Stateless.</summary>
public static class WebSocketHandshake
{
    /// <summary>The only version there is.</summary>
    public const string Version = "13";

    /// <summary>Characters of a key: 16 bytes in base64.</summary>
    public const int KeyChars = 24;

    /// <summary>Bytes of the answer to a key: a SHA-1 in base64.</summary>
    public const int AcceptBytes = 28;

    private const int KeyBytes = 16;

    private static ReadOnlySpan<byte> Identifier => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>True for 16 bytes in base64.</summary>
    public static bool IsKey(ReadOnlySpan<char> key)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes];
        return key.Length == KeyChars && !key.ContainsAny(" \t\r\n")
            && Convert.TryFromBase64Chars(key, bytes, out var written) && written == KeyBytes;
    }

    /// <summary>A new key.</summary>
    public static string CreateKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>
    /// True where a server's answer shows that it has understood the handshake with this key, and did not merely say yes to what
    /// it took for another request.
    /// </summary>
    public static bool IsAccepted(ReadOnlySpan<char> key, ReadOnlySpan<byte> accept)
    {
        if (key.Length != KeyChars || accept.Length != AcceptBytes)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[AcceptBytes];
        WriteAccept(key, expected);
        return expected.SequenceEqual(accept);
    }

    /// <summary>What a server answers to a key, which is one.</summary>
    public static string AcceptOf(string key)
    {
        Span<byte> accept = stackalloc byte[AcceptBytes];
        WriteAccept(key, accept);
        return Encoding.ASCII.GetString(accept);
    }

    private static void WriteAccept(ReadOnlySpan<char> key, Span<byte> accept)
    {
        Span<byte> text = stackalloc byte[KeyChars + Identifier.Length];
        Encoding.ASCII.GetBytes(key, text);
        Identifier.CopyTo(text[KeyChars..]);
#pragma warning disable CA5350 // The protocol says so, and nothing is kept secret by it.
        SHA1.HashData(text, accept);
#pragma warning restore CA5350
        Base64.EncodeToUtf8InPlace(accept, SHA1.HashSizeInBytes, out _);
    }
}
