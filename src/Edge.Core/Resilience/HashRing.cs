using System.Numerics;

namespace Edge.Core.Resilience;

/// <summary>
/// Consistent hashing: each target has many points on a ring, and a key belongs to the target of the next point. Where a target
/// goes or comes, only its own keys move. Points depend on names alone, so that all replicas agree. Immutable; safe from any
/// thread.
/// </summary>
public sealed class HashRing
{
    /// <summary>Points of a target of average weight: shares then differ by about a tenth.</summary>
    public const int PointsPerTarget = 128;

    private readonly ulong[] _points;
    private readonly byte[] _owners;
    private readonly int[] _arcs;
    private readonly int _arcShift;

    /// <summary>A ring of all targets.</summary>
    /// <param name="names">What stands for each of them, and is theirs alone.</param>
    /// <param name="weights">Their weights, above 0.</param>
    public HashRing(ReadOnlySpan<string> names, ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        var counts = new int[names.Length];
        var total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = Math.Max(1, (int)Math.Round(weights[i] / sum * PointsPerTarget * names.Length));
            total += counts[i];
        }

        _points = new ulong[total];
        _owners = new byte[total];
        var next = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            var name = HashOf(names[i]);
            for (var point = 0; point < counts[i]; point++)
            {
                _points[next] = Mix(name + ((ulong)point * 0x9E3779B97F4A7C15UL));
                _owners[next++] = (byte)i;
            }
        }

        Array.Sort(_points, _owners);
        var bits = BitOperations.Log2((uint)total) + 1;
        _arcShift = 64 - bits;
        _arcs = new int[1 << bits];
        next = 0;
        for (var arc = 0; arc < _arcs.Length; arc++)
        {
            while (next < total && _points[next] >> _arcShift < (ulong)arc)
            {
                next++;
            }

            _arcs[arc] = next;
        }
    }

    /// <summary>How many points there are.</summary>
    public int Count => _points.Length;

    /// <summary>The target of a point.</summary>
    /// <param name="point">Its number; those after the last begin anew.</param>
    public int OwnerOf(int point) => _owners[point < _owners.Length ? point : point - _owners.Length];

    /// <summary>The number of the point that a key belongs to.</summary>
    public int PointOf(ulong key)
    {
        // About as many arcs as points: the search begins at the point that its arc begins with, and is there in a step or two.
        key = Mix(key);
        var point = _arcs[key >> _arcShift];
        while (point < _points.Length && _points[point] < key)
        {
            point++;
        }

        return point == _points.Length ? 0 : point;
    }

    /// <summary>64 bits that stand for a text, the same in every process. No secret: who likes may find collisions.</summary>
    public static ulong HashOf(ReadOnlySpan<char> text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 0x100000001B3UL;
        }

        return Mix(hash);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return BitOperations.RotateLeft(value ^ (value >> 31), 17);
    }
}
