using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class KnownResponseHeadersTests
{
    [Fact]
    public void Every_name_is_found_in_any_case_as_the_same_string()
    {
        Assert.True(KnownResponseHeaders.All.Count() > 60);
        foreach (var name in KnownResponseHeaders.All)
        {
            Assert.Same(name, Lookup(Encoding.ASCII.GetBytes(name)));
            Assert.Same(name, Lookup(Encoding.ASCII.GetBytes(name.ToUpperInvariant())));
            Assert.Same(name, Lookup(Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
            Assert.Null(Lookup(Encoding.ASCII.GetBytes(name + "x")));
            Assert.Null(Lookup(Encoding.ASCII.GetBytes("x" + name)));
        }
    }

    [Fact]
    public void No_name_is_there_twice() =>
        Assert.Equal(
            KnownResponseHeaders.All.Count(), KnownResponseHeaders.All.Distinct(StringComparer.OrdinalIgnoreCase).Count());

    [Theory]
    [InlineData("")]
    [InlineData("X")]
    [InlineData("dat")]
    [InlineData("datf")]
    [InlineData("Content\rLength")]
    [InlineData("X-Unheard-Of")]
    public void Other_names_are_not_found(string name) => Assert.Null(Lookup(Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void Names_lie_close_to_their_places_in_the_table() =>
        Assert.InRange(KnownResponseHeaders.All.Max(name => KnownResponseHeaders.ProbesFor(Encoding.ASCII.GetBytes(name))), 1, 4);

    [Theory]
    [InlineData("transfer-ENCODING", ResponseHeaderKind.HopByHop)]
    [InlineData("TE", ResponseHeaderKind.HopByHop)]
    [InlineData("proxy-authenticate", ResponseHeaderKind.HopByHop)]
    [InlineData("content-length", ResponseHeaderKind.ContentLength)]
    [InlineData("content-type", ResponseHeaderKind.ContentType)]
    [InlineData("content-encoding", ResponseHeaderKind.ContentEncoding)]
    [InlineData("date", ResponseHeaderKind.Date)]
    [InlineData("server", ResponseHeaderKind.Server)]
    [InlineData("via", ResponseHeaderKind.Via)]
    [InlineData("set-cookie", ResponseHeaderKind.SetCookie)]
    [InlineData("etag", ResponseHeaderKind.Other)]
    [InlineData("x-unheard-of", ResponseHeaderKind.Other)]
    public void Kinds_follow_the_name(string name, ResponseHeaderKind kind) =>
        Assert.Equal(kind, KnownResponseHeaders.KindOf(KnownResponseHeaders.NumberOf(Encoding.ASCII.GetBytes(name))));

    [Fact]
    public void Random_names_are_found_exactly_where_a_dictionary_finds_them()
    {
        var names = KnownResponseHeaders.All.ToDictionary(name => name, StringComparer.OrdinalIgnoreCase);
        Gen.Select(Gen.OneOf([.. names.Keys]), Gen.Int[0, 40], Gen.Char['\u0001', '\u007f']).Sample((name, at, with) =>
        {
            var changed = name[..Math.Min(at, name.Length)] + with + name[Math.Min(at + 1, name.Length)..];
            names.TryGetValue(changed, out var expected);
            Assert.Same(expected, Lookup(Encoding.ASCII.GetBytes(changed)));
        });
    }

    [Fact]
    public void A_lookup_costs_no_allocation()
    {
        Lookup("x-ratelimit-limit-tokens"u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Lookup("x-ratelimit-limit-tokens"u8);
        Lookup("x-unheard-of"u8);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static string? Lookup(ReadOnlySpan<byte> name) => KnownResponseHeaders.NameOf(KnownResponseHeaders.NumberOf(name));
}
