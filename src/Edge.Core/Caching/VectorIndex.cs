using System.Numerics;
using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <summary>What a vector is nearest to.</summary>
/// <param name="Entry">Its place in the index.</param>
/// <param name="Key">Hash of the key under which the answer is kept.</param>
/// <param name="Similarity">The cosine of the angle between the two.</param>
public readonly record struct VectorMatch(int Entry, KeyHash Key, float Similarity);

/// <summary>
/// Finds the vector that is nearest to another by the cosine of their angle, among those of one partition: all of them are
/// compared, so that none is missed. Vectors lie in one array, which is taken with the first one and never grows; a newcomer
/// takes the place of the oldest. Looking takes no lock: what was overwritten meanwhile is told by the entry's version.
/// Thread-safe.
/// </summary>
/// <param name="entriesMax">Most vectors.</param>
public sealed class VectorIndex(int entriesMax)
{
    /// <summary>Most dimensions of a vector.</summary>
    public const int DimensionsMax = 4096;

    private readonly Lock _gate = new();
    private readonly Entry[] _entries = new Entry[entriesMax];
    private readonly int[] _heads = MakeHeads(entriesMax);
    private float[] _floats = [];
    private int _dimensions;
    private int _stride;
    private int _used;
    private int _oldest;
    private int _count;

    /// <summary>Vectors that can be found.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes that vectors take.</summary>
    public long Bytes => Volatile.Read(ref _floats).LongLength * sizeof(float);

    /// <summary>Makes a vector one of length 1.</summary>
    /// <returns>False where it has no direction: it is zero, or not finite.</returns>
    public static bool TryNormalize(Span<float> vector)
    {
        var sum = 0.0;
        foreach (var value in vector)
        {
            sum += (double)value * value;
        }

        var scale = 1 / Math.Sqrt(sum);
        if (!double.IsFinite(scale) || scale == 0)
        {
            return false;
        }

        foreach (ref var value in vector)
        {
            value = (float)(value * scale);
        }

        return true;
    }

    /// <summary>Finds the nearest.</summary>
    /// <param name="partition">Only vectors that were added with this are compared.</param>
    /// <param name="vector">A vector of length 1.</param>
    /// <param name="threshold">Least similarity.</param>
    /// <param name="match">It.</param>
    public bool TryFind(KeyHash partition, ReadOnlySpan<float> vector, float threshold, out VectorMatch match)
    {
        match = default;
        var isFound = false;
        var floats = Volatile.Read(ref _floats);
        if (floats.Length == 0 || vector.Length != _dimensions)
        {
            return false;
        }

        var at = Volatile.Read(ref _heads[partition.Low & (uint)(_heads.Length - 1)]);
        for (var step = 0; at >= 0 && step < _entries.Length; step++)
        {
            ref var entry = ref _entries[at];
            var version = Volatile.Read(ref entry.Version);
            if ((version & 1) == 0 && entry.Partition == partition)
            {
                var similarity = Dot(vector, floats.AsSpan(at * _stride, vector.Length));
                var key = entry.Key;
                var isSame = entry.Partition == partition;
                Interlocked.MemoryBarrier();
                if (isSame && similarity >= threshold && (!isFound || similarity > match.Similarity)
                    && Volatile.Read(ref entry.Version) == version)
                {
                    match = new VectorMatch(at, key, similarity);
                    isFound = true;
                }
            }

            at = Volatile.Read(ref entry.Next);
        }

        return isFound;
    }

    /// <summary>Adds a vector.</summary>
    /// <param name="partition">By whom it may be found.</param>
    /// <param name="vector">A vector of length 1.</param>
    /// <param name="key">What is found by it.</param>
    /// <returns>False where it has other dimensions than those before.</returns>
    public bool Add(KeyHash partition, ReadOnlySpan<float> vector, KeyHash key)
    {
        lock (_gate)
        {
            if (_floats.Length == 0 && vector.Length is > 0 and <= DimensionsMax)
            {
                _dimensions = vector.Length;
                _stride = vector.Length;
                Volatile.Write(ref _floats, new float[_entries.Length * _stride]);
            }

            if (vector.Length != _dimensions || _dimensions == 0)
            {
                return false;
            }

            var at = Place();
            ref var entry = ref _entries[at];

            // Odd while it is written.
            Interlocked.Increment(ref entry.Version);
            Unlink(at);
            entry.Partition = partition;
            entry.Key = key;
            vector.CopyTo(_floats.AsSpan(at * _stride, _stride));
            ref var head = ref _heads[partition.Low & (uint)(_heads.Length - 1)];
            entry.Next = head;
            entry.Previous = -1;
            entry.IsLinked = true;
            if (head >= 0)
            {
                _entries[head].Previous = at;
            }

            Interlocked.Increment(ref entry.Version);
            Volatile.Write(ref head, at);
            _count++;
            return true;
        }
    }

    /// <summary>Forgets what was found, where it is still that: its answer is gone.</summary>
    public void Remove(in VectorMatch match)
    {
        lock (_gate)
        {
            ref var entry = ref _entries[match.Entry];
            if (entry.IsLinked && entry.Key == match.Key)
            {
                Interlocked.Increment(ref entry.Version);
                Unlink(match.Entry);
                Interlocked.Increment(ref entry.Version);
            }
        }
    }

    private static int[] MakeHeads(int entriesMax)
    {
        var heads = new int[BitOperations.RoundUpToPowerOf2((uint)entriesMax)];
        Array.Fill(heads, -1);
        return heads;
    }

    private static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        // Two sums, so that an addition need not wait for the one before.
        var sum = Vector<float>.Zero;
        var other = Vector<float>.Zero;
        var width = Vector<float>.Count;
        var i = 0;
        for (; i <= left.Length - (2 * width); i += 2 * width)
        {
            sum += new Vector<float>(left.Slice(i, width)) * new Vector<float>(right.Slice(i, width));
            other += new Vector<float>(left.Slice(i + width, width)) * new Vector<float>(right.Slice(i + width, width));
        }

        var dot = Vector.Sum(sum + other);
        for (; i < left.Length; i++)
        {
            dot += left[i] * right[i];
        }

        return dot;
    }

    private int Place()
    {
        if (_used < _entries.Length)
        {
            return _used++;
        }

        var at = _oldest;
        _oldest = at + 1 < _entries.Length ? at + 1 : 0;
        return at;
    }

    // Whoever stands at it goes on along the chain that it was in.
    private void Unlink(int at)
    {
        ref var entry = ref _entries[at];
        if (!entry.IsLinked)
        {
            return;
        }

        if (entry.Previous < 0)
        {
            Volatile.Write(ref _heads[entry.Partition.Low & (uint)(_heads.Length - 1)], entry.Next);
        }
        else
        {
            Volatile.Write(ref _entries[entry.Previous].Next, entry.Next);
        }

        if (entry.Next >= 0)
        {
            _entries[entry.Next].Previous = entry.Previous;
        }

        entry.IsLinked = false;
        entry.Partition = default;
        _count--;
    }

    private struct Entry
    {
        public KeyHash Partition;
        public KeyHash Key;
        public int Version;
        public int Next;
        public int Previous;
        public bool IsLinked;
    }
}
