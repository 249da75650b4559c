using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Edge.Core.Bodies.Patterns;

namespace Edge.Core.Tests.Bodies;

public sealed class PatternTests
{
    [Theory]
    [InlineData("^abc$", "abc", "abc\n|abcd|xabc|")]
    [InlineData("", "|x", "")]
    [InlineData("^\\t$", "\t", "\\t")]
    [InlineData("^\\cC$", "\u0003", "\\cC")]
    [InlineData("^\\cc$", "\u0003", "\\cc")]
    [InlineData("^\\d$", "0", "߀|a")]
    [InlineData("^\\D$", "߀|é", "0")]
    [InlineData("^\\w$", "a|_|9", "é|-")]
    [InlineData("^\\W$", "é", "a")]
    [InlineData("^\\s$", " |\t|\u000b|\f|\u00a0|\ufeff|\n|\u2029|\u2003", "\u0001|\u2013")]
    [InlineData("^\\S$", "\u0001|\u2013", " |\u00a0|\ufeff|\u2029")]
    [InlineData("\\p{Letter}cole", "l'ecole|l'école", "L'ÉCOLE|1cole")]
    [InlineData("^\\p{digit}+$", "42|৪২", "-%#")]
    [InlineData("^\\p{Lu}\\P{Lu}$", "Éa", "éa|ÉA")]
    [InlineData("^🐲*$", "|🐲|🐲🐲", "🐉|🐲a|D")]
    [InlineData("^.$", "a|é|€|🐲", "|ab|\n|\r|\u2028")]
    [InlineData("^[^a]$", "b|🐲|\n", "a|")]
    [InlineData("^[]$", "", "|a")]
    [InlineData("^[^]$", "a|\n", "")]
    [InlineData("^[a-c\\-.]$", "a|b|c|-|.", "d|,")]
    [InlineData("^[-a]$", "-|a", "b")]
    [InlineData("^[α-ω🐉-🐲]+$", "αβγ|🐉🐲", "a|α1")]
    [InlineData("^(a|bc)+$", "a|bc|abca", "|b|ab")]
    [InlineData("^a{2,3}$", "aa|aaa", "a|aaaa")]
    [InlineData("^a{2}$", "aa", "a|aaa")]
    [InlineData("^a{2,}?$", "aa|aaaaa", "a")]
    [InlineData("^(?:ab){0}$", "", "ab")]
    [InlineData("^(?<year>\\d{4})-\\d{2}$", "2026-11", "26-11")]
    [InlineData("a{,2}", "a{,2}", "aa")]
    [InlineData("^\\u0041\\x42\\u{1F432}\\uD83D\\uDC32$", "AB🐲🐲", "AB")]
    [InlineData("\\bfoo\\b", "foo|a foo.|foo", "food|_foo|éfoobar")]
    [InlineData("\\Boo\\B", "foods", "foo|oo")]
    [InlineData("\\B", "ab|--|", "a|aéb")]
    [InlineData("^|b$", "x|b|", "")]
    [InlineData("a^b", "", "ab|b")]
    [InlineData("(a$|^b)c?", "xa|bc|b", "ac|xb")]
    [InlineData("^(([a-z])+.)+[A-Z]([a-z])+$", "ab.Cd", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("^[\\w.]+@[\\w.]+\\.\\w{2,}$", "a.b@c.de", "a@b|@c.de")]
    [InlineData("\\/\\.\\-\\@", "/.-@", "a")]
    public void A_pattern_matches_what_ECMA262_says(string pattern, string matching, string others)
    {
        var parsed = Pattern.Parse(pattern);
        foreach (var text in matching.Split('|'))
        {
            Assert.True(pattern == "^[]$" || pattern == "a^b" || parsed.IsMatch(Encoding.UTF8.GetBytes(text)),
                $"{pattern} should match '{text}'");
        }

        foreach (var text in others.Split('|'))
        {
            Assert.False(others.Length > 0 && parsed.IsMatch(Encoding.UTF8.GetBytes(text)),
                $"{pattern} should not match '{text}'");
        }
    }

    [Fact]
    public void What_can_never_match_never_does()
    {
        foreach (var pattern in (string[])["^[]$", "a^b", "[]", "$a"])
        {
            Assert.False(Pattern.Parse(pattern).IsMatch("ab"u8));
            Assert.False(Pattern.Parse(pattern).IsMatch(""u8));
        }
    }

    [Theory]
    [InlineData("(?=a)", "look-ahead")]
    [InlineData("(?!a)", "look-ahead")]
    [InlineData("(?<=a)b", "look-ahead and look-behind")]
    [InlineData("(?<!a)b", "look-ahead and look-behind")]
    [InlineData("(a)\\1", "back references")]
    [InlineData("(?<x>a)\\k<x>", "back references")]
    [InlineData("\\p{Script=Greek}", "'Script=Greek' is not supported")]
    [InlineData("\\a", "unknown escape '\\a'")]
    [InlineData("a**", "nothing to repeat")]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("(a", "without an end")]
    [InlineData("a)", "unmatched")]
    [InlineData("[a", "without an end")]
    [InlineData("[b-a]", "out of order")]
    [InlineData("a{3,2}", "out of order")]
    [InlineData("^*", "can't be repeated")]
    [InlineData("\\", "backslash")]
    [InlineData("[\\", "backslash")]
    [InlineData("\\u12", "hexadecimal")]
    [InlineData("\\u{110000}", "bad \\u")]
    [InlineData("a{99999999999}", "too large")]
    [InlineData("(a{500}){500}", "too large")]
    [InlineData("(a|b)*a(a|b){20}", "too large")]
    public void What_is_not_supported_is_refused(string pattern, string reason) =>
        Assert.Contains(reason, Assert.Throws<PatternException>(() => Pattern.Parse(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void Groups_and_length_end_at_their_limits()
    {
        string Nested(int depth) => new string('(', depth) + "a" + new string(')', depth);
        Assert.True(Pattern.Parse(Nested(PatternParser.DepthMax)).IsMatch("a"u8));
        Assert.Throws<PatternException>(() => Pattern.Parse(Nested(PatternParser.DepthMax + 1)));
        Assert.Throws<PatternException>(() => Pattern.Parse(new string('a', PatternParser.CharsMax + 1)));
        Assert.True(Pattern.Parse($"^a{{{Pattern.StatesMax - 4}}}").IsMatch(Encoding.UTF8.GetBytes(new string('a',
            Pattern.StatesMax))));
        Assert.Throws<PatternException>(() => Pattern.Parse($"^a{{{Pattern.StatesMax - 3}}}"));
    }

    [Fact]
    public void Time_is_linear_where_others_need_for_ever()
    {
        var pattern = Pattern.Parse("^(a+)+$");
        var text = new byte[20_000_000];
        Array.Fill(text, (byte)'a');
        text[^1] = (byte)'b';
        var watch = Stopwatch.StartNew();
        Assert.False(pattern.IsMatch(text));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void It_agrees_with_the_frameworks_engine() =>
        Gen.Select(Gen.OneOf("a", "b", "é", ".", "[ab]", "[^a]", "(a|b)", "(?:ab)", "^", "$", "\\b", "\\B", "\\w", "x|",
            "🐲").Array[1, 5],
            Gen.OneOf("", "", "*", "+", "?", "{2}", "{1,2}").Array[5],
            Gen.OneOf("a", "b", "é", "-", "\n", "🐲", "x").Array[0, 6])
            .Sample(
                static (atoms, quantifiers, letters) =>
                {
                    var pattern = string.Concat(atoms.Select((atom, i) => atom + (atom is "^" or "$" or "\\b" or "\\B" or "x|"
                        ? "" : quantifiers[i])));
                    var text = string.Concat(letters);

                    // The framework works on UTF-16, where the dragon is two characters; and its $ knows a last line feed.
                    var other = pattern.Replace("🐲", "(?:🐲)", StringComparison.Ordinal).Replace("$", "\\z",
                        StringComparison.Ordinal)
                        .Replace("\\w", "[a-zA-Z0-9_]", StringComparison.Ordinal)
                        .Replace("[^a]", "(?:[\\ud800-\\udbff][\\udc00-\\udfff]|[^a\\ud800-\\udfff])", StringComparison.Ordinal)
                        .Replace("\\b", "(?:(?<=W)(?!W)|(?<!W)(?=W))", StringComparison.Ordinal)
                        .Replace("\\B", "(?:(?<=W)(?=W)|(?<!W)(?!W)(?!(?<=[\\ud800-\\udbff])[\\udc00-\\udfff]))",
                        StringComparison.Ordinal)
                        .Replace("W", "[a-zA-Z0-9_]", StringComparison.Ordinal);
                    other = Regex.Replace(other, @"(?<!\\)\.",
                        "(?:[\\ud800-\\udbff][\\udc00-\\udfff]|[^\\n\\r\\u2028\\u2029\\ud800-\\udfff])");
                    return Regex.IsMatch(text, other) == Pattern.Parse(pattern).IsMatch(Encoding.UTF8.GetBytes(text));
                },
                iter: 5_000);
}
