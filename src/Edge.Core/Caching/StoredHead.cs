using System.Buffers.Binary;
using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Caching;

/// <summary>
/// The head of a kept answer as it lies in the store: status, what decides on its use, and header fields, each with its length
/// before it. Written by <see cref="Begin"/> and <see cref="Add"/>, read through this view of the bytes.
/// </summary>
/// <param name="bytes">The bytes, which this gateway has written.</param>
public readonly ref struct StoredHead(ReadOnlySpan<byte> bytes)
{
    /// <summary>Longest head that is kept.</summary>
    public const int BytesMax = 32 * 1024;

    private const int StatusAt = 0;
    private const int FlagsAt = 2;
    private const int AgeAt = 4;
    private const int LifetimeAt = 8;
    private const int RevalidateAt = 12;
    private const int ErrorAt = 16;
    private const int FieldsAt = 20;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The status.</summary>
    public int Status => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[StatusAt..]);

    /// <summary>What decides on its use.</summary>
    public StoredRules Rules => new()
    {
        Traits = (StoredTraits)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[FlagsAt..]),
        AgeSeconds = BinaryPrimitives.ReadInt32LittleEndian(_bytes[AgeAt..]),
        LifetimeSeconds = BinaryPrimitives.ReadInt32LittleEndian(_bytes[LifetimeAt..]),
        StaleWhileRevalidateSeconds = BinaryPrimitives.ReadInt32LittleEndian(_bytes[RevalidateAt..]),
        StaleIfErrorSeconds = BinaryPrimitives.ReadInt32LittleEndian(_bytes[ErrorAt..]),
    };

    /// <summary>Begins a head.</summary>
    public static void Begin(HeadBuffer to, int status, in StoredRules rules)
    {
        to.Clear();
        var span = to.GetSpan(FieldsAt);
        BinaryPrimitives.WriteUInt16LittleEndian(span[StatusAt..], (ushort)status);
        BinaryPrimitives.WriteUInt16LittleEndian(span[FlagsAt..], (ushort)rules.Traits);
        BinaryPrimitives.WriteInt32LittleEndian(span[AgeAt..], rules.AgeSeconds);
        BinaryPrimitives.WriteInt32LittleEndian(span[LifetimeAt..], rules.LifetimeSeconds);
        BinaryPrimitives.WriteInt32LittleEndian(span[RevalidateAt..], rules.StaleWhileRevalidateSeconds);
        BinaryPrimitives.WriteInt32LittleEndian(span[ErrorAt..], rules.StaleIfErrorSeconds);
        to.Advance(FieldsAt);
    }

    /// <summary>Adds a field. Neither part has more than 64 KiB, which no message head has.</summary>
    public static void Add(HeadBuffer to, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var span = to.GetSpan(2 * sizeof(ushort));
        BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span[sizeof(ushort)..], (ushort)value.Length);
        to.Advance(2 * sizeof(ushort));
        to.Write(name);
        to.Write(value);
    }

    /// <summary>The first field of a name.</summary>
    /// <param name="field">The name, in whatever case.</param>
    /// <param name="value">Its value.</param>
    public bool TryFind(ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        for (var at = 0; TryNext(ref at, out var name, out value);)
        {
            if (Ascii.EqualsIgnoreCase(name, field))
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The date that a field says, in seconds since 1970.</summary>
    /// <param name="field">The name.</param>
    /// <param name="thisYear">The year in which it is, or nearly: for dates that have two digits of it.</param>
    /// <param name="seconds">The date; 0 where it says none.</param>
    public bool TryFindDate(ReadOnlySpan<byte> field, int thisYear, out long seconds)
    {
        seconds = 0;
        return TryFind(field, out var value) && HttpDate.TryParse(value, thisYear, out seconds);
    }

    /// <summary>The next field.</summary>
    /// <param name="at">Where it is; 0 at first.</param>
    /// <param name="name">Its name, in the upstream's spelling.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False at the end.</returns>
    public bool TryNext(scoped ref int at, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var start = at == 0 ? FieldsAt : at;
        if (start >= _bytes.Length)
        {
            name = default;
            value = default;
            return false;
        }

        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[start..]);
        var valueLength = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(start + sizeof(ushort))..]);
        start += 2 * sizeof(ushort);
        name = _bytes.Slice(start, nameLength);
        value = _bytes.Slice(start + nameLength, valueLength);
        at = start + nameLength + valueLength;
        return true;
    }
}

/// <summary>Yes-or-no facts of a kept answer.</summary>
[Flags]
public enum StoredTraits
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Once it is stale it is used only after the upstream has said so: must-revalidate and its like.</summary>
    MustRevalidate = 1,

    /// <summary>The same from the beginning: no-cache.</summary>
    NoCache = 2,

    /// <summary>It is no answer, but the names of the header fields by which answers differ.</summary>
    Index = 4,
}

/// <summary>What decides on the use of a kept answer (RFC 9111). Times in seconds.</summary>
public readonly record struct StoredRules
{
    /// <summary>Facts.</summary>
    public StoredTraits Traits { get; init; }

    /// <summary>How old it was when it was stored.</summary>
    public int AgeSeconds { get; init; }

    /// <summary>How old it may become and still be fresh.</summary>
    public int LifetimeSeconds { get; init; }

    /// <summary>For how long after that it is given while a fresh one is asked for (RFC 5861).</summary>
    public int StaleWhileRevalidateSeconds { get; init; }

    /// <summary>For how long after that it is given where the upstream fails; -1: the upstream does not say.</summary>
    public int StaleIfErrorSeconds { get; init; }
}
