using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>
/// A public key of Ed25519 (RFC 8032, section 5.1), verified by the OpenSSL that .NET itself uses on Linux: the framework has no
/// door of its own to it. Where that library is not there, nor is the algorithm (<see cref="IsAvailable"/>), and files that name
/// it are refused. It owns a native key. Immutable; safe from any thread, since verifying only reads it.
/// </summary>
internal sealed unsafe class Ed25519PublicKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureBytes = 64;

    // EVP_PKEY_ED25519 of openssl/evp.h, which is NID_ED25519.
    private const int KeyType = 1087;

    private static readonly OpenSsl? Library = OpenSsl.Load();

    /// <summary>
    /// The y coordinates of the points whose order divides 8, with those of their encodings that are not reduced. Under such a
    /// key one signature is good for many messages.
    /// </summary>
    private static readonly byte[][] WeakKeys =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ];

    private readonly KeyHandle _key;

    private Ed25519PublicKey(KeyHandle key) => _key = key;

    /// <summary>Whether the platform has the algorithm.</summary>
    public static bool IsAvailable => Library is not null;

    /// <summary>Makes a key of its bytes; null where they are none that ought to be used.</summary>
    public static Ed25519PublicKey? TryCreate(ReadOnlySpan<byte> bytes)
    {
        if (Library is not { } library || bytes.Length != KeyBytes || IsWeak(bytes))
        {
            return null;
        }

        fixed (byte* start = bytes)
        {
            var key = library.NewRawPublicKey(KeyType, null, start, KeyBytes);
            if (key == 0)
            {
                library.ClearErrors();
                return null;
            }

            return new Ed25519PublicKey(new KeyHandle(library, key));
        }
    }

    /// <summary>Whether the signature is this key's for the bytes.</summary>
    /// <exception cref="CryptographicException">The system has no memory left.</exception>
    public bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes)
        {
            return false;
        }

        var library = Library!;
        var context = library.NewContext();
        if (context == 0)
        {
            throw new CryptographicException("A signature can't be verified: there is no memory left.");
        }

        var isReferenced = false;
        try
        {
            _key.DangerousAddRef(ref isReferenced);
            fixed (byte* message = signed, proof = signature)
            {
                var isValid = library.VerifyInit(context, null, 0, 0, _key.DangerousGetHandle()) == 1
                    && library.Verify(context, proof, SignatureBytes, message, (nuint)signed.Length) == 1;
                if (!isValid)
                {
                    // What OpenSSL leaves in the thread's queue the framework would take for its own.
                    library.ClearErrors();
                }

                return isValid;
            }
        }
        finally
        {
            library.FreeContext(context);
            if (isReferenced)
            {
                _key.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static bool IsWeak(ReadOnlySpan<byte> bytes)
    {
        foreach (var weak in WeakKeys)
        {
            // The last bit is the sign of x.
            if (bytes[..^1].SequenceEqual(weak.AsSpan(..^1)) && (bytes[^1] & 0x7f) == weak[^1])
            {
                return true;
            }
        }

        return false;
    }

    private sealed class KeyHandle : SafeHandle
    {
        private readonly OpenSsl _library;

        public KeyHandle(OpenSsl library, nint key)
            : base(0, ownsHandle: true)
        {
            _library = library;
            SetHandle(key);
        }

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            _library.FreeKey(handle);
            return true;
        }
    }

    /// <summary>What is needed of libcrypto, version 3 or the last before it; the names are those of openssl/evp.h.</summary>
    private sealed class OpenSsl
    {
        private static readonly string[] FileNames = ["libcrypto.so.3", "libcrypto.so.1.1"];

        private OpenSsl(nint library)
        {
            NewRawPublicKey = (delegate* unmanaged<int, void*, byte*, nuint, nint>)Find(library, "EVP_PKEY_new_raw_public_key");
            FreeKey = (delegate* unmanaged<nint, void>)Find(library, "EVP_PKEY_free");
            NewContext = (delegate* unmanaged<nint>)Find(library, "EVP_MD_CTX_new");
            FreeContext = (delegate* unmanaged<nint, void>)Find(library, "EVP_MD_CTX_free");
            VerifyInit = (delegate* unmanaged<nint, void*, nint, nint, nint, int>)Find(library, "EVP_DigestVerifyInit");
            Verify = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int>)Find(library, "EVP_DigestVerify");
            ClearErrors = (delegate* unmanaged<void>)Find(library, "ERR_clear_error");
        }

        public delegate* unmanaged<int, void*, byte*, nuint, nint> NewRawPublicKey { get; }

        public delegate* unmanaged<nint, void> FreeKey { get; }

        public delegate* unmanaged<nint> NewContext { get; }

        public delegate* unmanaged<nint, void> FreeContext { get; }

        public delegate* unmanaged<nint, void*, nint, nint, nint, int> VerifyInit { get; }

        public delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int> Verify { get; }

        public delegate* unmanaged<void> ClearErrors { get; }

        public static OpenSsl? Load()
        {
            // The framework loads its own first, so that there are never two of different versions.
            _ = SHA256.HashData([]);
            foreach (var name in FileNames)
            {
                if (!NativeLibrary.TryLoad(name, out var library))
                {
                    continue;
                }

                try
                {
                    return new OpenSsl(library);
                }
                catch (EntryPointNotFoundException)
                {
                    // Too old, or built without it.
                }
            }

            return null;
        }

        private static nint Find(nint library, string name) => NativeLibrary.GetExport(library, name);
    }
}
