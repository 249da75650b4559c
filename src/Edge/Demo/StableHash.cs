using System.Buffers.Binary;
using System.Numerics;

namespace Edge.Demo;

/// <summary>
/// A 64-bit hash that is the same in every run, unlike <see cref="HashCode"/>, for identifiers and word choice. It promises
/// nothing about adversaries.
/// </summary>
internal static class StableHash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Hashes bytes, starting from an earlier hash.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        var hash = (seed ^ (ulong)bytes.Length) * Multiplier;
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        ulong last = 0;
        foreach (var value in bytes)
        {
            last = (last << 8) | value;
        }

        return Next(Mix(hash, last));
    }

    /// <summary>The next number of a sequence whose state is the number before (the finaliser of splitmix64).</summary>
    public static ulong Next(ulong state)
    {
        state += Multiplier;
        state = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        state = (state ^ (state >> 27)) * 0x94D0_49BB_1331_11EB;
        return state ^ (state >> 31);
    }

    private static ulong Mix(ulong hash, ulong word) => BitOperations.RotateLeft((hash ^ word) * Multiplier, 29);
}
