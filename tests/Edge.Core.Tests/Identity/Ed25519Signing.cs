using System.Runtime.InteropServices;

namespace Edge.Core.Tests.Identity;

/// <summary>Signs with Ed25519, by OpenSSL.</summary>
internal static unsafe partial class Ed25519Signing
{
    private const string Library = "libcrypto.so.3";
    private const int KeyType = 1087;

    public static byte[] PublicKey(byte[] seed)
    {
        var bytes = new byte[32];
        var length = (nuint)bytes.Length;
        var key = KeyOf(seed);
        fixed (byte* into = bytes) Assert.Equal(1, GetPublicKey(key, into, &length));
        FreeKey(key);
        return bytes;
    }

    public static byte[] Sign(byte[] seed, byte[] message)
    {
        var proof = new byte[64];
        var length = (nuint)proof.Length;
        var key = KeyOf(seed);
        var context = NewContext();
        Assert.Equal(1, SignInit(context, 0, 0, 0, key));
        fixed (byte* text = message, into = proof)
            Assert.Equal(1, DigestSign(context, into, &length, text, (nuint)message.Length));
        FreeContext(context);
        FreeKey(key);
        return proof;
    }

    private static nint KeyOf(byte[] seed)
    {
        fixed (byte* bytes = seed) return NewPrivateKey(KeyType, 0, bytes, (nuint)seed.Length);
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial nint NewPrivateKey(int type, nint engine, byte* seed, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetPublicKey(nint key, byte* bytes, nuint* length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    private static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(nint context, nint keyContext, nint type, nint engine, nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    private static partial int DigestSign(nint context, byte* proof, nuint* length, byte* message, nuint messageLength);
}
