using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Edge.Profile;

namespace Edge.Peers.Tests;

public sealed class ProfileElementTests
{
    private const int BlockCounter = 0x41;
    private const int TypeTable = 0xC3;

    [Theory]
    [InlineData(0, new byte[] { 0x00 })]
    [InlineData(1, new byte[] { 0x02 })]
    [InlineData(-1, new byte[] { 0x7F })]
    [InlineData(63, new byte[] { 0x7E })]
    [InlineData(-64, new byte[] { 0x01 })]
    [InlineData(64, new byte[] { 0x80, 0x80 })]
    [InlineData(8191, new byte[] { 0xBF, 0xFE })]
    [InlineData(-8192, new byte[] { 0x80, 0x01 })]
    [InlineData(8192, new byte[] { 0xC0, 0, 0, 0x20, 0 })]
    [InlineData(-8193, new byte[] { 0xC0, 0xFF, 0xFF, 0xDF, 0xFF })]
    [InlineData(1L << 40, new byte[] { 0xC1, 0, 0, 1, 0, 0, 0, 0, 0 })]
    public void A_number_is_read_in_each_of_its_forms(long number, byte[] bytes) =>
        Assert.Equal(number, new CompressedNumbers(bytes).Next());

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xC0, 0, 0, 0 })]
    [InlineData(new byte[] { 0xC1, 0, 0, 0, 0, 0, 0, 0 })]
    public void A_number_that_is_cut_short_is_refused(byte[] bytes) =>
        Assert.Throws<InvalidDataException>(() => new CompressedNumbers(bytes).Next());

    [Fact]
    public void Each_part_is_the_difference_to_the_one_before()
    {
        // A counter of 5 at offset 2; one of 4 at offset 6; a table of two types at the same place; the end.
        var elements = ProfileElement.Read(Compressed(
            15, 2, BlockCounter, 1, 0, 5,
            1, 4, -1,
            14, TypeTable - BlockCounter, 1, 7, 10, 2,
            2, -TypeTable));
        Assert.Collection(
            elements,
            first => AssertElement(first, BlockCounter, 2, 0, 5),
            second => AssertElement(second, BlockCounter, 6, 0, 4),
            third => AssertElement(third, TypeTable, 6, 7, 10, 12));
        Assert.True(elements[0].IsCounter);
        Assert.False(elements[2].IsCounter);
        Assert.True(elements[2].IsOfTypes);
    }

    [Fact]
    public void A_profile_without_an_end_is_refused() =>
        Assert.Throws<InvalidDataException>(() => ProfileElement.Read(Compressed(15, 2, BlockCounter, 1, 0, 5)));

    [Fact]
    public void A_table_that_is_longer_than_the_profile_is_refused() =>
        Assert.Throws<InvalidDataException>(() => ProfileElement.Read(Compressed(15, 2, TypeTable, int.MaxValue, 0, 5)));

    [Fact]
    public void What_the_native_compiler_is_given_knows_the_methods_of_a_request()
    {
        using var archive = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "edge.mibc"));
        using var module = new MemoryStream();
        using (var entry = archive.GetEntry("edge.mibc.dll")!.Open())
        {
            entry.CopyTo(module);
        }

        module.Position = 0;
        using var file = new PEReader(module);
        var reader = file.GetMetadataReader();
        var groups = reader.MethodDefinitions.Select(method => reader.GetString(reader.GetMethodDefinition(method).Name));
        var names = reader.MemberReferences.Select(member => reader.GetString(reader.GetMemberReference(member).Name));
        Assert.Superset(
            new HashSet<string> { "Assemblies_edge", "Assemblies_Edge.Core", "AssemblyDictionary" }, groups.ToHashSet());
        Assert.Superset(new HashSet<string> { "Dispatch", "Copy", "Parse", "TryCopyHeaders" }, names.ToHashSet());
    }

    private static byte[] Compressed(params long[] numbers)
    {
        var bytes = new byte[numbers.Length * 9];
        for (var i = 0; i < numbers.Length; i++)
        {
            bytes[i * 9] = 0xC1;
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan((i * 9) + 1), numbers[i]);
        }

        return bytes;
    }

    private static void AssertElement(ProfileElement element, int kind, int offset, int other, params long[] values)
    {
        Assert.Equal(kind, element.Kind);
        Assert.Equal(offset, element.Offset);
        Assert.Equal(other, element.Other);
        Assert.Equal(values, element.Values);
    }
}
