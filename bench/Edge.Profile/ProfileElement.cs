namespace Edge.Profile;

/// <summary>
/// One counter or table that instrumented code has filled, as the runtime writes it: what it counts, where in the method's IL it
/// stands, and its values.
/// </summary>
/// <param name="Kind">The runtime's number for what is counted; its low four bits say what the values are.</param>
/// <param name="Offset">Where in the IL; for an edge, from where.</param>
/// <param name="Other">More about it, by kind; for an edge, where to.</param>
/// <param name="Values">Counts, or the handles of types and methods that were seen.</param>
internal sealed record ProfileElement(int Kind, int Offset, int Other, long[] Values)
{
    private const int ValueMask = 0xF;
    private const int FourBytes = 1;
    private const int EightBytes = 2;
    private const int TypeHandles = 3;
    private const int MethodHandles = 4;

    private const int HasOffset = 1;
    private const int HasKind = 2;
    private const int HasCount = 4;
    private const int HasOther = 8;

    /// <summary>What stands before an element all of whose parts follow.</summary>
    public const int HasAll = HasOffset | HasKind | HasCount | HasOther;

    /// <summary>True where the values are counts.</summary>
    public bool IsCounter => (Kind & ValueMask) is FourBytes or EightBytes;

    /// <summary>True where they are types.</summary>
    public bool IsOfTypes => (Kind & ValueMask) == TypeHandles;

    /// <summary>All of one method: each part as its difference to the one before, in <see cref="CompressedNumbers"/>.</summary>
    public static List<ProfileElement> Read(ReadOnlySpan<byte> data)
    {
        var numbers = new CompressedNumbers(data);
        var elements = new List<ProfileElement>();
        var (offset, kind, count, other) = (0, 0, 0, 0);
        var last = new long[MethodHandles + 1];
        while (true)
        {
            var parts = numbers.Next();
            offset += (parts & HasOffset) != 0 ? (int)numbers.Next() : 0;
            kind += (parts & HasKind) != 0 ? (int)numbers.Next() : 0;
            count += (parts & HasCount) != 0 ? (int)numbers.Next() : 0;
            other += (parts & HasOther) != 0 ? (int)numbers.Next() : 0;
            if (kind == 0)
            {
                return elements;
            }

            var what = kind & ValueMask;
            if (what > MethodHandles || count < 0 || count > data.Length)
            {
                throw new InvalidDataException($"An element of kind {kind} with {count} values is not known.");
            }

            // Counts of both sizes go on from one another.
            ref var before = ref last[what == EightBytes ? FourBytes : what];
            var values = new long[what == 0 ? 0 : count];
            for (var i = 0; i < values.Length; i++)
            {
                before += numbers.Next();
                values[i] = before;
            }

            elements.Add(new ProfileElement(kind, offset, other, values));
        }
    }
}
