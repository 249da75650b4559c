namespace Edge.Core.Identity;

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
