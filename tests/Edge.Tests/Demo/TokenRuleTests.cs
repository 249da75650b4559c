using System.Text;
using CsCheck;
using Edge.Demo;

namespace Edge.Tests.Demo;

public sealed class TokenRuleTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("abcd", 1)]
    [InlineData("abcde", 2)]
    [InlineData("äöüß", 1)]
    [InlineData("👋👋👋👋", 1)]
    [InlineData("👋👋👋👋!", 2)]
    public void Four_code_points_are_a_token(string text, int tokens)
        => Assert.Equal(tokens, TokenRule.Tokens(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_text_is_never_cut_inside_a_code_point()
        => Gen.Select(Gen.String, Gen.Int[0, 50]).Sample((text, count) =>
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            var head = utf8.AsSpan(0, TokenRule.Bytes(utf8, count));
            var runes = Encoding.UTF8.GetString(utf8).EnumerateRunes().ToArray();
            Assert.Equal(Math.Min(count, runes.Length), TokenRule.CodePoints(head));
            Assert.Equal(string.Concat(runes.Take(count)), Encoding.UTF8.GetString(head));
        });
}
