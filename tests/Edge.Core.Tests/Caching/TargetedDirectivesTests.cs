using System.Text;
using CsCheck;
using Edge.Core.Caching;

namespace Edge.Core.Tests.Caching;

public sealed class TargetedDirectivesTests
{
    private static readonly string[] Names = ["max-age", "s-maxage", "stale-if-error", "stale-while-revalidate", "no-store"];

    [Theory]
    [InlineData("max-age=10", 10)]
    [InlineData("max-age=10;x=5", 10)]
    [InlineData("max-age=2147483647", int.MaxValue)]
    [InlineData("max-age=2147483648", int.MaxValue)]
    [InlineData("max-age=99999999999", int.MaxValue)]
    [InlineData("max-age=0", 0)]
    [InlineData("max-age=5, max-age=10", 10)]
    [InlineData("max-age=10, max-age=5", 5)]
    [InlineData("max-age=-1", 0)]
    [InlineData("max-age=1.5", 0)]
    [InlineData("max-age=\"10\"", 0)]
    [InlineData("max-age=ten", 0)]
    [InlineData("max-age", 0)]
    [InlineData("max-age=?1", 0)]
    [InlineData("no-cache", -1)]
    public void Seconds_are_a_number_or_have_passed(string line, int maxAge)
    {
        var says = new CacheDirectives();
        Assert.True(says.TryTakeTargeted(Encoding.ASCII.GetBytes(line)));
        Assert.Equal(maxAge, says.MaxAge);
        says = new CacheDirectives();
        Assert.True(says.TryTakeTargeted(Encoding.ASCII.GetBytes(line.Replace("max-age", "s-maxage", StringComparison.Ordinal))));
        Assert.Equal(maxAge, says.SharedMaxAge);
    }

    [Theory]
    [InlineData("stale-if-error=10, stale-while-revalidate=20", 10, 20)]
    [InlineData("stale-if-error=\"10\", stale-while-revalidate", -1, -1)]
    [InlineData("stale-if-error=-1, stale-while-revalidate=1.5", -1, -1)]
    public void Being_stale_is_allowed_by_a_number_only(string line, int error, int revalidate)
    {
        var says = new CacheDirectives();
        Assert.True(says.TryTakeTargeted(Encoding.ASCII.GetBytes(line)));
        Assert.Equal((error, revalidate), (says.StaleIfError, says.StaleWhileRevalidate));
    }

    [Theory]
    [InlineData("", true, true)]
    [InlineData("=?1", true, true)]
    [InlineData("=?0", false, false)]
    [InlineData("=1", true, false)]
    [InlineData("=0", true, false)]
    [InlineData("=true", true, false)]
    [InlineData("=()", true, false)]
    [InlineData("=\"\"", true, false)]
    public void What_forbids_is_obeyed_and_what_allows_has_to_be_right(string value, bool forbids, bool allows)
    {
        var says = new CacheDirectives();
        var line = $"no-store{value}, no-cache{value}, private{value}, must-revalidate{value}, proxy-revalidate{value}, "
            + $"public{value}, must-understand{value}";
        Assert.True(says.TryTakeTargeted(Encoding.ASCII.GetBytes(line)));
        Assert.Equal(
            (forbids, forbids, forbids, forbids, forbids),
            (says.NoStore, says.NoCache, says.Private, says.MustRevalidate, says.ProxyRevalidate));
        Assert.Equal((allows, allows), (says.Public, says.MustUnderstand));
    }

    [Fact]
    public void Fields_may_be_named()
    {
        var says = new CacheDirectives();
        var line = "no-cache=\"A, set-cookie\", private=\"B\", foo=\"C\""u8;
        Assert.True(says.TryTakeTargeted(line));
        Assert.Equal((false, false, true), (says.NoCache, says.Private, says.NamesFields));
        Assert.True(CacheDirectives.TargetedNames(line, "a"u8));
        Assert.True(CacheDirectives.TargetedNames(line, "Set-Cookie"u8));
        Assert.True(CacheDirectives.TargetedNames(line, "b"u8));
        Assert.False(CacheDirectives.TargetedNames(line, "c"u8));
        Assert.False(CacheDirectives.TargetedNames("no-cache"u8, "a"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("max-age=10,")]
    [InlineData("max-age =10")]
    [InlineData("Max-Age=10")]
    [InlineData("max-age=10, &&&&&")]
    [InlineData("no-store;")]
    public void What_is_empty_or_breaks_the_grammar_is_not_taken(string line) =>
        Assert.False(new CacheDirectives().TryTakeTargeted(Encoding.ASCII.GetBytes(line)));

    [Fact]
    public void Numbers_are_never_negative_but_where_nothing_is_said() =>
        Gen.Select(
            Gen.Int[0, Names.Length - 1].Select(static i => Names[i]),
            Gen.String[Gen.Char["=-0123456789.?\";, ()a"], 0, 20]).Array[1, 4].Sample(static parts =>
            {
                var says = new CacheDirectives();
                says.TryTakeTargeted(Encoding.ASCII.GetBytes(string.Join(", ", parts.Select(static p => p.Item1 + p.Item2))));
                Assert.True(says is { MaxAge: >= -1, SharedMaxAge: >= -1, StaleIfError: >= -1, StaleWhileRevalidate: >= -1 });
            }, iter: 20_000);
}
