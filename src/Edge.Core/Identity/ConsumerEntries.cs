using System.Runtime.InteropServices;

namespace Edge.Core.Identity;

/// <summary>Where a text lies in the registry's block; no length: there is none.</summary>
internal readonly record struct TextRange(int Start, int Length);

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

/// <summary>Finds numbers of entries by 32 bits of a hash: open addressing, at most half full. 0 is a free place.</summary>
internal static class HashTable
{
    /// <summary>A table for so many entries.</summary>
    public static int[] Create(int count)
    {
        var size = 2;
        while (size < count * 2)
        {
            size *= 2;
        }

        return new int[size];
    }

    /// <summary>Where to look first.</summary>
    public static int First(int[] table, int hash) => hash & (table.Length - 1);

    /// <summary>Where to look next.</summary>
    public static int Next(int[] table, int slot) => (slot + 1) & (table.Length - 1);

    /// <summary>Puts the number of an entry in.</summary>
    public static void Add(int[] table, int hash, int index)
    {
        var slot = First(table, hash);
        while (table[slot] != 0)
        {
            slot = Next(table, slot);
        }

        table[slot] = index + 1;
    }

    /// <summary>FNV-1a. What is put in comes from the file, so that nobody outside can make a table slow.</summary>
    public static int Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261;
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 16777619;
        }

        return (int)(hash ^ (hash >> 15));
    }
}
