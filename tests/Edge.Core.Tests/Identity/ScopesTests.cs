using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class ScopesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a b", "a b")]
    [InlineData("  a   b ", "a b")]
    [InlineData("a ad\"min b", "a b")]
    [InlineData("a\tb c", "c")]
    [InlineData("é a", "a")]
    public void What_is_no_scope_is_left_out_whole(string text, string expected) =>
        Assert.Equal(expected, Scopes.Parse(text).Text);

    [Fact]
    public void An_item_of_a_list_never_becomes_two_scopes() =>
        Assert.Equal("a c", Scopes.Of("a", "Global Admin", "", "c").Text);

    [Theory]
    [InlineData("chat.read", true)]
    [InlineData("chat.write", true)]
    [InlineData("chat", false)]
    [InlineData("chat.rea", false)]
    [InlineData("hat.read", false)]
    [InlineData("Chat.read", false)]
    [InlineData("chat.read chat.write", false)]
    [InlineData(" ", false)]
    [InlineData("", false)]
    public void Only_a_whole_scope_is_among_them(string scope, bool isThere) =>
        Assert.Equal(isThere, Scopes.Parse("chat.read chat.write").Contains(scope));

    [Fact]
    public void Sets_are_compared_whatever_their_order()
    {
        var all = Scopes.Parse("a b c");
        Assert.True(all.ContainsAll(Scopes.Parse("c a")));
        Assert.True(all.ContainsAll(Scopes.None));
        Assert.False(all.ContainsAll(Scopes.Parse("a d")));
        Assert.False(Scopes.None.ContainsAll(Scopes.Parse("a")));
        Assert.Equal("a c", all.Intersect(Scopes.Parse("c x a")).Text);
        Assert.Equal("b", all.Except(Scopes.Parse("c x a")).Text);
        Assert.Same(all, all.Intersect(Scopes.Parse("c b a")));
        Assert.True(all.Intersect(Scopes.Parse("x")).IsEmpty);
    }

    [Fact]
    public void A_scope_may_be_as_long_as_its_bound_and_not_longer()
    {
        Assert.True(Scopes.IsScope(new string('a', Scopes.ScopeCharsMax)));
        Assert.False(Scopes.IsScope(new string('a', Scopes.ScopeCharsMax + 1)));
    }
}
