using System.Globalization;
using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class StructuredMembersTests
{
    private const string Signs = "ab-z*_.AZ09=;,:()\"\\?10 \t-.+/&%@~\u00e4\u0001";

    private static readonly string[] Tails = ["", ";p", "; q=1", ";r=\"x,y\";s=?0"];

    [Theory]
    [InlineData("a", "a=Boolean 1")]
    [InlineData("  a  ", "a=Boolean 1")]
    [InlineData("a, b", "a=Boolean 1|b=Boolean 1")]
    [InlineData("a \t,\t b", "a=Boolean 1|b=Boolean 1")]
    [InlineData("a=?1,b=?0", "a=Boolean 1|b=Boolean 0")]
    [InlineData("*a-b_c.d*0", "*a-b_c.d*0=Boolean 1")]
    [InlineData("a=0", "a=Integer 0")]
    [InlineData("a=-0", "a=Integer 0")]
    [InlineData("a=007", "a=Integer 7")]
    [InlineData("a=999999999999999, b=-999999999999999", "a=Integer 999999999999999|b=Integer -999999999999999")]
    [InlineData("a=1.5, b=123456789012.123", "a=Other 0|b=Other 0")]
    [InlineData("a=\"\", b=\"x, y\"", "a=String 0|b=String 0 x, y")]
    [InlineData("a=\"\\\"\\\\\"", "a=String 0 \\\"\\\\")]
    [InlineData("a=tok/en:*, b=*t, c=True", "a=Other 0|b=Other 0|c=Other 0")]
    [InlineData("a=:aGVsbG8=:, b=::", "a=Other 0|b=Other 0")]
    [InlineData("a=(), b=( 1  \"x\";p ?0 ), c=(x);q=1", "a=Other 0|b=Other 0|c=Other 0")]
    [InlineData("a;p, b;p=1; q=\"x\" ;", null)]
    [InlineData("a;p, b;p=1; q=\"x\";r=?0, c=5;s=t", "a=Boolean 1|b=Boolean 1|c=Integer 5")]
    [InlineData("a=1, a=2", "a=Integer 1|a=Integer 2")]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("\t", null)]
    [InlineData("a,", null)]
    [InlineData("a, ", null)]
    [InlineData(",a", null)]
    [InlineData("a,,b", null)]
    [InlineData("a b", null)]
    [InlineData("A", null)]
    [InlineData("aB=1", null)]
    [InlineData("1a", null)]
    [InlineData("-a", null)]
    [InlineData("&&&&&", null)]
    [InlineData("a =1", null)]
    [InlineData("a= 1", null)]
    [InlineData("a=", null)]
    [InlineData("a=-", null)]
    [InlineData("a=--1", null)]
    [InlineData("a=+1", null)]
    [InlineData("a=1x", null)]
    [InlineData("a=1000000000000000", null)]
    [InlineData("a=1.", null)]
    [InlineData("a=.5", null)]
    [InlineData("a=1.2345", null)]
    [InlineData("a=1234567890123.1", null)]
    [InlineData("a=1.2.3", null)]
    [InlineData("a=\"", null)]
    [InlineData("a=\"x", null)]
    [InlineData("a=\"x\\", null)]
    [InlineData("a=\"\\x\"", null)]
    [InlineData("a=\"\u00e4\"", null)]
    [InlineData("a=\"\t\"", null)]
    [InlineData("a='x'", null)]
    [InlineData("a=?", null)]
    [InlineData("a=?2", null)]
    [InlineData("a=?true", null)]
    [InlineData("a=:x", null)]
    [InlineData("a=:x y:", null)]
    [InlineData("a=(", null)]
    [InlineData("a=(1", null)]
    [InlineData("a=(1,2)", null)]
    [InlineData("a=(1\"x\")", null)]
    [InlineData("a=((1))", null)]
    [InlineData("a=@1", null)]
    [InlineData("a;", null)]
    [InlineData("a;P", null)]
    [InlineData("a;p=", null)]
    [InlineData("a;p=(1)", null)]
    [InlineData("a ;p", null)]
    public void A_line_is_read_to_its_end_or_says_nothing(string line, string? members) =>
        Assert.Equal(members, Read(Encoding.Latin1.GetBytes(line)));

    [Fact]
    public void What_was_written_is_read()
    {
        var key = Gen.String[Gen.Char["abcxyz09_-.*"], 0, 6].Select(static s => "k" + s);
        var value = Gen.OneOf(
            Gen.Bool.Select(static b => (b ? "=?1" : "=?0", b ? "Boolean 1" : "Boolean 0")),
            Gen.Const(("", "Boolean 1")),
            Gen.Long[-999_999_999_999_999, 999_999_999_999_999].Select(static n => n.ToString(CultureInfo.InvariantCulture))
                .Select(static n => ("=" + n, "Integer " + n)),
            Gen.String[Gen.Char["ab ,;=()?:"], 1, 8].Select(static s => ($"=\"{s}\"", $"String 0 {s}")),
            Gen.String[Gen.Char["ab-z/:09"], 0, 8].Select(static s => ("=t" + s, "Other 0")));
        var tail = Gen.Int[0, Tails.Length - 1].Select(static i => Tails[i]);
        Gen.Select(key, value, tail).Array[1, 6].Sample(static members =>
        {
            var line = string.Join(", ", members.Select(static m => m.Item1 + m.Item2.Item1 + m.Item3));
            var said = string.Join('|', members.Select(static m => m.Item1 + "=" + m.Item2.Item2));
            Assert.Equal(said, Read(Encoding.Latin1.GetBytes(line)));
            Assert.Null(Read(Encoding.Latin1.GetBytes(line + ",")));
            Assert.Null(Read(Encoding.Latin1.GetBytes(line + " &")));
        }, iter: 3000);
    }

    [Fact]
    public void Whatever_is_read_comes_to_an_end() =>
        Gen.String[Gen.Char[Signs], 0, 40].Sample(static text =>
        {
            var members = new StructuredMembers(Encoding.Latin1.GetBytes(text));
            var count = 0;
            while (members.TryNext(out var key, out _))
            {
                Assert.True(key.Length > 0 && ++count <= text.Length);
            }

            Assert.False(members.TryNext(out _, out _));
        }, iter: 50_000);

    private static string? Read(ReadOnlySpan<byte> line)
    {
        var members = new StructuredMembers(line);
        var read = new List<string>();
        while (members.TryNext(out var key, out var value))
        {
            read.Add(
                $"{Encoding.Latin1.GetString(key)}={value.Kind} {value.Number.ToString(CultureInfo.InvariantCulture)}"
                + (value.Text.IsEmpty ? "" : " " + Encoding.Latin1.GetString(value.Text)));
        }

        return members.IsBad ? null : string.Join('|', read);
    }
}
