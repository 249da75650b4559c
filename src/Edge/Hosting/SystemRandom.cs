using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Edge.Hosting;

/// <summary>
/// Secrets that every start needs, for hashes whose collisions nobody may choose. On Linux they are asked of the kernel
/// (getrandom(2)), which is what <see cref="RandomNumberGenerator"/> comes to as well, but through OpenSSL: to load that takes a
/// tenth of the time to the first answer, and a gateway without TLS needs it for nothing else.
/// </summary>
internal static unsafe partial class SystemRandom
{
    /// <summary>128 bits that nobody can guess.</summary>
    public static UInt128 NextSecret()
    {
        Span<byte> bytes = stackalloc byte[16];
        fixed (byte* start = bytes)
        {
            // Up to 256 bytes come whole, once the kernel has enough entropy (getrandom(2), "Interruption by a signal handler").
            if (!OperatingSystem.IsLinux() || GetRandom(start, (nuint)bytes.Length, 0) != bytes.Length)
            {
                RandomNumberGenerator.Fill(bytes);
            }
        }

        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    [LibraryImport("libc", EntryPoint = "getrandom")]
    private static partial nint GetRandom(byte* into, nuint length, uint flags);
}
