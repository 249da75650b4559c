using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Core.Http;

/// <summary>
/// Turns the bytes of header values into strings, and gives the same string again for a value that was seen lately: content
/// types, server names, dates. A value has four places that it may be kept in, so that a few which share them do not drive each
/// other out; a fifth takes the place of the oldest. A value is kept from its
/// second appearance on, so that request identifiers and other values that never come again neither drive out those that do
/// nor stay in memory.
/// <para>
/// For all threads at once, without locks: places are single references to immutable strings, each compared in full before it
/// is used, so that a lost race costs an allocation and nothing else.
/// </para>
/// </summary>
public sealed class HeaderValueCache
{
    /// <summary>Most bytes of a value that is kept.</summary>
    public const int ValueBytesMax = 128;

    /// <summary>How many values are kept; a power of two.</summary>
    public const int SlotCount = 256;

    private const int WayCount = 4;

    private readonly string?[] _values = new string?[SlotCount];

    /// <summary>The hashes of the last values that missed, by place.</summary>
    private readonly uint[] _seen = new uint[SlotCount];

    /// <summary>Which of its four places a set gives away next, and which it remembers a miss in next.</summary>
    private readonly byte[] _turns = new byte[SlotCount / WayCount];

    /// <summary>The string of a value. Allocates unless it is kept.</summary>
    /// <param name="latin1">The value; every byte is one character.</param>
    public string Get(ReadOnlySpan<byte> latin1)
    {
        if (latin1.IsEmpty)
        {
            return string.Empty;
        }

        if (latin1.Length > ValueBytesMax)
        {
            return Encoding.Latin1.GetString(latin1);
        }

        var hash = Hash(latin1);
        var set = (int)(hash & ((SlotCount / WayCount) - 1));
        foreach (var kept in _values.AsSpan(set * WayCount, WayCount))
        {
            // Equals is false for anything but ASCII: such values are rare and never found again, which is only slow.
            if (kept is not null && Ascii.Equals(latin1, kept))
            {
                return kept;
            }
        }

        return Miss(latin1, hash, set);
    }

    private string Miss(ReadOnlySpan<byte> latin1, uint hash, int set)
    {
        var value = Encoding.Latin1.GetString(latin1);
        var turn = _turns[set]++ & (WayCount - 1);
        if (_seen.AsSpan(set * WayCount, WayCount).Contains(hash))
        {
            _values[(set * WayCount) + turn] = value;
        }
        else
        {
            _seen[(set * WayCount) + turn] = hash;
        }

        return value;
    }

    /// <summary>
    /// All bytes count: dates differ in the middle. Eight at a time; the last eight overlap the ones before. Not proof against
    /// an upstream that makes collisions on purpose, which would only win back the allocation.
    /// </summary>
    private static uint Hash(ReadOnlySpan<byte> value)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        var hash = (ulong)value.Length * Multiplier;
        if (value.Length < sizeof(ulong))
        {
            foreach (var next in value)
            {
                hash = (hash ^ next) * Multiplier;
            }
        }
        else
        {
            foreach (var word in MemoryMarshal.Cast<byte, ulong>(value))
            {
                hash = (BitOperations.RotateLeft(hash, 29) ^ word) * Multiplier;
            }

            var last = MemoryMarshal.Read<ulong>(value[^sizeof(ulong)..]);
            hash = (BitOperations.RotateLeft(hash, 29) ^ last) * Multiplier;
        }

        return (uint)(hash >> 32);
    }
}
