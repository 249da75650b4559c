using System.Linq;
using System.Text;

namespace Edge.Demo;

/// <summary>The words that answers are made of.</summary>
internal static class MockWords
{
    private const string List =
        "river stone lantern quiet maple orbit copper harbor violet timber meadow signal amber canyon drift ember fable "
        + "glacier hollow island jasper kettle lattice marble nectar opal prairie quartz ripple saffron thistle umber velvet "
        + "willow yarrow zephyr";

    private static readonly byte[][] Words = [.. List.Split(' ').Select(Encoding.ASCII.GetBytes)];

    /// <summary>The word that a number stands for. Only ASCII.</summary>
    public static ReadOnlySpan<byte> At(ulong number) => Words[number % (ulong)Words.Length];
}
