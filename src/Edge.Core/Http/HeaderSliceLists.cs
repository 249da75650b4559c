namespace Edge.Core.Http;

/// <summary>
/// Lists of the fields of a head, of which each thread keeps a few: a head is read and passed on in one turn, and then its list
/// is free for the next.
/// </summary>
internal static class HeaderSliceLists
{
    /// <summary>Fields that a list has room for at first.</summary>
    public const int FieldsAtFirst = 32;

    private const int KeptByThreadMax = 8;

    [ThreadStatic]
    private static HeaderSlice[]?[]? Kept;

    [ThreadStatic]
    private static int KeptCount;

    /// <summary>A list with more room, which begins with what is in the full one.</summary>
    public static HeaderSlice[] Grow(HeaderSlice[] full)
    {
        if (full.Length > 0)
        {
            Array.Resize(ref full, full.Length * 2);
            return full;
        }

        if (KeptCount == 0)
        {
            return new HeaderSlice[FieldsAtFirst];
        }

        var list = Kept![--KeptCount]!;
        Kept[KeptCount] = null;
        return list;
    }

    /// <summary>Takes a list back; one that has grown is left to the collector.</summary>
    public static void Return(HeaderSlice[] list)
    {
        if (list.Length == FieldsAtFirst && KeptCount < KeptByThreadMax)
        {
            Kept ??= new HeaderSlice[]?[KeptByThreadMax];
            Kept[KeptCount++] = list;
        }
    }
}
