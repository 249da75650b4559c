using Edge.Core.Configuration.Reading;

namespace Edge.Core.Tests.Configuration;

public sealed class NearestTests
{
    private static readonly string[] Known = ["upstream", "name", "match", "stripPath", "h2c"];

    [Theory]
    [InlineData("upstrem", "upstream")]
    [InlineData("upstraem", "upstream")]
    [InlineData("Upstream", "upstream")]
    [InlineData("strip_path", "stripPath")]
    [InlineData("mach", "match")]
    [InlineData("h2", "h2c")]
    [InlineData("nmae", "name")]
    [InlineData("backend", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void A_misspelt_name_is_understood_and_another_is_not(string written, string? expected) =>
        Assert.Equal(expected, Nearest.Find(written, Known));

    [Fact]
    public void A_name_longer_than_the_bound_is_not_compared()
    {
        var longest = new string('a', Nearest.NameCharsMax);
        Assert.Equal(longest, Nearest.Find(longest, [longest]));
        Assert.Null(Nearest.Find(longest + "a", [longest]));
        Assert.Null(Nearest.Find(longest, [longest + "a"]));
    }

    [Fact]
    public void Where_no_name_is_near_some_are_listed()
    {
        Assert.Equal("known: upstream, name, match, stripPath, h2c", Nearest.Suggest("backend", Known));
        var many = Enumerable.Range(0, Nearest.ListedNamesMax + 1).Select(i => $"n{i}").ToList();
        Assert.EndsWith("n23, ...", Nearest.Suggest("backend", many), StringComparison.Ordinal);
        Assert.EndsWith("n23", Nearest.Suggest("backend", many[..^1]), StringComparison.Ordinal);
    }
}
