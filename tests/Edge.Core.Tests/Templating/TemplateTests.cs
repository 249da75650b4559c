using System.Text;
using CsCheck;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Templating;

namespace Edge.Core.Tests.Templating;

public sealed class TemplateTests
{
    private static readonly Caller Ann = new(
        CallerKind.IssuerToken, "corp", "ann", [KeyValuePair.Create("dept", "sales"), KeyValuePair.Create("a.b", "c")])
    {
        CustomId = "c-1",
        Email = "ann@example.com",
        Tier = "free",
        Scopes = Scopes.Parse("chat.read chat.write"),
    };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("{{caller.id}}", "{caller.id}}")]
    [InlineData("{caller.id}", "ann")]
    [InlineData("<{caller.id}:{caller.customId}>", "<ann:c-1>")]
    [InlineData("{caller.email}{caller.tier}", "ann@example.comfree")]
    [InlineData("{caller.scopes}", "chat.read chat.write")]
    [InlineData("{caller.claims.dept}/{caller.claims.a.b}", "sales/c")]
    [InlineData("{request.id} {{{caller.id}{{", "r-1 {ann{")]
    public void Placeholders_are_filled_in(string text, string expected)
    {
        var template = Parse(text);
        Assert.Equal(expected, template.TryFormat(new TemplateValues(Ann, "r-1")));
        Assert.Equal(expected, Write(template, new TemplateValues(Ann, "r-1")));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("a{")]
    [InlineData("{{{")]
    [InlineData("{caller.id")]
    [InlineData("{}")]
    [InlineData("{caller}")]
    [InlineData("{caller.Id}")]
    [InlineData("{ caller.id }")]
    [InlineData("{caller.claims.}")]
    [InlineData("{caller.{caller.id}}")]
    public void A_text_that_is_no_template_is_refused_with_a_reason(string text)
    {
        Assert.False(Template.TryParse(text, out var template, out var problem));
        Assert.Null(template);
        Assert.StartsWith("has ", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{caller.id}")]
    [InlineData("x{caller.email}")]
    [InlineData("{request.id}{caller.claims.other}")]
    public void A_value_that_is_missing_takes_the_whole_text_away(string text)
    {
        var values = new TemplateValues(Caller.Anonymous(null), "r-1");
        Assert.Null(Parse(text).TryFormat(values));
        Assert.Null(Write(Parse(text), values));
        Assert.Null(Parse(text).TryFormat(default));
    }

    [Theory]
    [InlineData("a\r\nX-Admin: 1", "a%0D%0AX-Admin: 1")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("a\0b\u007f", "a%00b%7F")]
    [InlineData("a, admin", "a%2C admin")]
    [InlineData("a; role=admin", "a%3B role=admin")]
    [InlineData("\"a\\", "%22a%5C")]
    [InlineData("100%", "100%25")]
    [InlineData(" a b ", "%20a b%20")]
    [InlineData("\ta", "%09a")]
    [InlineData("é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80")]
    [InlineData("  ", "%20%20")]
    public void A_value_can_neither_end_a_header_nor_begin_another_part_of_it(string id, string expected)
    {
        var values = new TemplateValues(new Caller(CallerKind.IssuerToken, "corp", id), null);
        Assert.Equal(expected, Parse("{caller.id}").TryFormat(values));
        Assert.Equal("<" + expected + ">", Write(Parse("<{caller.id}>"), values));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character() =>
        Assert.Equal(
            "a%EF%BF%BDb",
            Parse("{caller.id}").TryFormat(new TemplateValues(new Caller(CallerKind.ApiKey, "", "a\ud800b"), null)));

    [Fact]
    public void A_value_may_be_as_long_as_its_bound_and_not_longer()
    {
        var longest = new TemplateValues(new Caller(CallerKind.ApiKey, "", new string('é', Template.ValueCharsMax)), null);
        var longer = new TemplateValues(new Caller(CallerKind.ApiKey, "", new string('e', Template.ValueCharsMax + 1)), null);
        Assert.Equal(6 * Template.ValueCharsMax, Parse("{caller.id}").TryFormat(longest)!.Length);
        Assert.Null(Parse("{caller.id}").TryFormat(longer));
        Assert.Null(Write(Parse("a{caller.id}"), longer));
    }

    [Fact]
    public void Whatever_the_value_is_percent_decoding_gives_it_back_and_the_header_stays_one() =>
        Gen.String[1, 50].Where(s => IsWellFormed(s)).Sample(text =>
        {
            var written = Write(Parse("{caller.id}"), new TemplateValues(new Caller(CallerKind.ApiKey, "", text), null))!;
            Assert.All(written, c => Assert.InRange(c, ' ', '~'));
            Assert.DoesNotContain(written, c => c is ',' or ';' or '"' or '\\');
            Assert.Equal(written, written.Trim());
            Assert.Equal(text, Uri.UnescapeDataString(written));
        });

    [Fact]
    public void Templates_are_equal_where_they_say_the_same()
    {
        Assert.Equal(Parse("a{caller.id}"), Parse("a{caller.id}"));
        Assert.NotEqual(Parse("a{caller.id}"), Parse("a{caller.tier}"));
        Assert.NotEqual(Parse("a"), Parse("b"));
        Assert.Equal(Template.Literal("{x}"), Parse("{{x}"));
        Assert.DoesNotContain("sk-live", Template.Literal("sk-live").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var template = Parse("u={caller.id} t={caller.tier} é".Replace(" é", "", StringComparison.Ordinal));
        var buffer = new HeadBuffer();
        var values = new TemplateValues(Ann, "r-1");
        template.TryWrite(buffer, values);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            buffer.Clear();
            template.TryWrite(buffer, values);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        buffer.ReturnMemory();
    }

    private static bool IsWellFormed(string text) => text.EnumerateRunes().All(r => r != Rune.ReplacementChar);

    private static Template Parse(string text)
    {
        Assert.True(Template.TryParse(text, out var template, out var problem), problem);
        return template!;
    }

    private static string? Write(Template template, TemplateValues values)
    {
        var buffer = new HeadBuffer();
        buffer.Write("before"u8);
        var isWritten = template.TryWrite(buffer, values);
        var text = Encoding.Latin1.GetString(buffer.Written.Span);
        Assert.StartsWith("before", text, StringComparison.Ordinal);
        if (!isWritten) Assert.Equal("before", text);
        return isWritten ? text["before".Length..] : null;
    }
}
