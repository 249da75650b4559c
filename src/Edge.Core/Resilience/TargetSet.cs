using System.Runtime.CompilerServices;

namespace Edge.Core.Resilience;

/// <summary>Which targets of an upstream a request has been at. A value; used by one thread at a time.</summary>
public struct TargetSet
{
    /// <summary>Most targets; one more than the largest number that can be added.</summary>
    public const int TargetsMax = 256;

    private Words _words;

    /// <summary>How many are in it.</summary>
    public int Count { get; private set; }

    /// <summary>True where a target is in it.</summary>
    /// <param name="target">Its number in the file, from 0.</param>
    public readonly bool Contains(int target) => (_words[target >> 6] & (1UL << target)) != 0;

    /// <summary>Adds a target; one that is there already stays there.</summary>
    /// <param name="target">Its number in the file, from 0.</param>
    public void Add(int target)
    {
        if (!Contains(target))
        {
            _words[target >> 6] |= 1UL << target;
            Count++;
        }
    }

    /// <summary>Takes a target out of it, so that it may be had again.</summary>
    /// <param name="target">Its number in the file, from 0.</param>
    public void Remove(int target)
    {
        if (Contains(target))
        {
            _words[target >> 6] &= ~(1UL << target);
            Count--;
        }
    }

    [InlineArray(TargetsMax / 64)]
    private struct Words
    {
        private ulong _first;
    }
}
