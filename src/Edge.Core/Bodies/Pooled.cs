using System.Buffers;

namespace Edge.Core.Bodies;

/// <summary>Work arrays that one owner keeps between uses, and that come from the shared pool when they must be larger.</summary>
internal static class Pooled
{
    /// <summary>Makes room; what was in the array is lost.</summary>
    public static void Reserve<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Return(array);
            array = ArrayPool<T>.Shared.Rent(length);
        }
    }

    /// <summary>Makes room and keeps what was there.</summary>
    public static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            var larger = ArrayPool<T>.Shared.Rent(Math.Max(length, array.Length * 2));
            array.CopyTo(larger, 0);
            Return(array);
            array = larger;
        }
    }

    /// <summary>Gives a large array back.</summary>
    public static void Trim<T>(ref T[] array, int kept)
    {
        if (array.Length > kept)
        {
            Return(array);
            array = [];
        }
    }

    private static void Return<T>(T[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<T>.Shared.Return(array);
        }
    }
}
