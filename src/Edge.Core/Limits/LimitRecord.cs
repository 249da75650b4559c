using System.Buffers.Binary;
using System.Numerics;

namespace Edge.Core.Limits;

/// <summary>
/// The state of one bucket as it is written down: in times of the wall clock, which mean the same to the next process. All
/// records have the same length and a checksum of their own, so that a damaged one costs nothing but itself.
/// </summary>
/// <param name="Key">Stands for the key, under the secret in the file's head.</param>
/// <param name="Rule">The first bytes of the hash of the limit's identity.</param>
/// <param name="Kind">How it counts.</param>
/// <param name="At">
/// Of a bucket, when it will be full; of a window, when that began: microseconds since 1970. 0: it is full, forget it.
/// </param>
/// <param name="Used">Units used of a window.</param>
public readonly record struct LimitRecord(KeyHash Key, UInt128 Rule, LimitKind Kind, long At, long Used)
{
    /// <summary>Bytes of a record, and of the head.</summary>
    public const int Length = 56;

    /// <summary>The format that is written.</summary>
    public const int Version = 2;

    private const int ChecksumAt = Length - sizeof(uint);
    private const ulong Magic = 0x4554415453474445; // "EDGSTATE"

    /// <summary>What a head says.</summary>
    public enum Head
    {
        /// <summary>It is one.</summary>
        Good,

        /// <summary>It is none of ours.</summary>
        Foreign,

        /// <summary>It is ours, of another format.</summary>
        OtherVersion,

        /// <summary>It is ours, and damaged.</summary>
        Damaged,
    }

    /// <summary>The state of a bucket now; of one that left its table, that it is full.</summary>
    public static LimitRecord Of(Bucket bucket, LimitClock clock)
    {
        var rule = bucket.Rule;
        var nowNs = clock.NowNs;
        var word = Volatile.Read(ref bucket.Word);
        var record = new LimitRecord(bucket.Key, rule.IdentityNumber, rule.Kind, 0, 0);
        if (word == Bucket.Gone || Buckets.IsIdle(word, rule, nowNs))
        {
            return record;
        }

        return rule.Kind == LimitKind.Window
            ? record with { At = rule.Schedule!.At(nowNs).StartMicros, Used = Buckets.UsedOf(word) }
            : record with { At = clock.UtcMicros + ((word - nowNs + 999) / 1000) };
    }

    /// <summary>Gives a bucket that nobody has used yet the state of the record.</summary>
    /// <returns>False where the state is over: the bucket is full again, or counts in another way.</returns>
    public bool TryRestore(Bucket bucket, LimitClock clock)
    {
        var rule = bucket.Rule;
        if (At <= 0 || Kind != rule.Kind)
        {
            Volatile.Write(ref bucket.Word, 0);
            return false;
        }

        var nowNs = clock.NowNs;
        if (Kind == LimitKind.Window)
        {
            // A window that begins later than this one: the wall clock was set back. It still counts, since none came between.
            var window = rule.Schedule!.At(nowNs);
            var isOver = At < window.StartMicros;
            Volatile.Write(ref bucket.Word, isOver ? 0 : Buckets.WordOf(window.Index, Used));
            return !isOver;
        }

        // At most one capacity of debt is remembered, whatever the wall clock did meanwhile.
        var aheadNs = (long)Int128.Min((Int128)(At - clock.UtcMicros) * 1000, (Int128)rule.CapacityNs * 2);
        Volatile.Write(ref bucket.Word, aheadNs <= 0 ? 0 : nowNs + aheadNs);
        return aheadNs > 0;
    }

    /// <summary>Writes it.</summary>
    /// <param name="to">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, Key.High);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], Key.Low);
        BinaryPrimitives.WriteUInt128LittleEndian(to[16..], Rule);
        BinaryPrimitives.WriteInt64LittleEndian(to[32..], At);
        BinaryPrimitives.WriteInt64LittleEndian(to[40..], (Used << 8) | (byte)Kind);
        Seal(to);
    }

    /// <summary>Reads one.</summary>
    /// <param name="from">At least <see cref="Length"/> bytes.</param>
    /// <param name="record">What it says.</param>
    /// <returns>False where it is damaged.</returns>
    public static bool TryRead(ReadOnlySpan<byte> from, out LimitRecord record)
    {
        record = default;
        if (!IsSealed(from))
        {
            return false;
        }

        var key = new KeyHash(
            BinaryPrimitives.ReadUInt64LittleEndian(from), BinaryPrimitives.ReadUInt64LittleEndian(from[8..]));
        var last = BinaryPrimitives.ReadInt64LittleEndian(from[40..]);
        record = new LimitRecord(
            key, BinaryPrimitives.ReadUInt128LittleEndian(from[16..]), (LimitKind)(byte)last,
            BinaryPrimitives.ReadInt64LittleEndian(from[32..]), last >> 8);
        return record.Kind <= LimitKind.Concurrent && record.At >= 0 && record.Used is >= 0 and <= Buckets.UsedMax;
    }

    /// <summary>Writes the head of a file.</summary>
    /// <param name="to">At least <see cref="Length"/> bytes.</param>
    /// <param name="secret">What the keys in it are hashed with.</param>
    public static void WriteHead(Span<byte> to, UInt128 secret)
    {
        to[..Length].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(to, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], Version);
        BinaryPrimitives.WriteUInt128LittleEndian(to[16..], secret);
        Seal(to);
    }

    /// <summary>Reads the head of a file.</summary>
    /// <param name="from">At least <see cref="Length"/> bytes.</param>
    /// <param name="secret">What the keys in it are hashed with.</param>
    public static Head ReadHead(ReadOnlySpan<byte> from, out UInt128 secret)
    {
        secret = BinaryPrimitives.ReadUInt128LittleEndian(from[16..]);
        return BinaryPrimitives.ReadUInt64LittleEndian(from) != Magic ? Head.Foreign
            : !IsSealed(from) ? Head.Damaged
            : BinaryPrimitives.ReadInt32LittleEndian(from[8..]) != Version ? Head.OtherVersion
            : Head.Good;
    }

    private static void Seal(Span<byte> record) =>
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumAt..], Checksum(record));

    private static bool IsSealed(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadUInt32LittleEndian(record[ChecksumAt..]) == Checksum(record);

    // CRC-32C. The complement at both ends keeps zeros from passing, as a file has them that was made longer and not yet written.
    private static uint Checksum(ReadOnlySpan<byte> record)
    {
        var crc = uint.MaxValue;
        for (var at = 0; at < ChecksumAt - sizeof(uint); at += sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(record[at..]));
        }

        return ~BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(record[(ChecksumAt - sizeof(uint))..]));
    }
}
