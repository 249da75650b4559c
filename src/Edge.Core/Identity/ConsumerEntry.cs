using System.Runtime.InteropServices;

namespace Edge.Core.Identity;

/// <summary>A consumer. Tier and scopes are numbers of texts that many share; less than 0: none.</summary>
internal readonly record struct ConsumerEntry(TextRange Id, TextRange CustomId, TextRange Email, int Tier, int Scopes);

/// <summary>An API key, valid from <c>NotBefore</c> until just before <c>Expires</c> (Unix time in seconds).</summary>
internal readonly record struct ApiKeyEntry(KeyHash Hash, TextRange Name, int Consumer, long NotBefore, long Expires);

/// <summary>A secret that signs tokens.</summary>
internal readonly record struct SecretEntry(TextRange Kid, TextRange Secret, int Consumer, JwtAlgorithm Algorithm);

/// <summary>A SHA-256.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KeyHash(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    /// <summary>Reads 32 bytes.</summary>
    public static KeyHash Of(ReadOnlySpan<byte> sha256) => MemoryMarshal.Read<KeyHash>(sha256);

    /// <summary>Its first bytes, by which it is found.</summary>
    public int Start => unchecked((int)First);
}

/// <summary>Where a text lies in the registry's block; no length: there is none.</summary>
internal readonly record struct TextRange(int Start, int Length);
