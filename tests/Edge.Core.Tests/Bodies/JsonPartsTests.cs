using System.Globalization;
using System.Text;
using CsCheck;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;

namespace Edge.Core.Tests.Bodies;

/// <summary>The small parts by which bodies are walked: each against the plainest way to do the same.</summary>
public sealed class JsonPartsTests
{
    [Fact]
    public void Plain_text_ends_at_the_first_byte_that_is_not_plain_wherever_it_stands() =>
        Gen.Select(Gen.Int[0, 140], Gen.Int[0, 140], Gen.Int[0, 40], Gen.Byte)
            .Sample((length, place, from, other) =>
            {
                var text = new byte[length];
                for (var i = 0; i < length; i++)
                {
                    text[i] = (byte)(' ' + 3 + (i % 50));
                }

                if (place < length)
                {
                    text[place] = other;
                }

                from = Math.Min(from, length);
                var expected = from;
                while (expected < length && text[expected] is >= 0x20 and < 0x80 and not (byte)'"' and not (byte)'\\')
                {
                    expected++;
                }

                Assert.Equal(expected, JsonText.PlainEnd(text, from));
            });

    [Fact]
    public void Numbers_compare_by_what_they_are_worth() =>
        Gen.Select(Spelled, Spelled).Sample((left, right) =>
        {
            var expected = decimal.Parse(left, NumberStyles.Float, CultureInfo.InvariantCulture)
                .CompareTo(decimal.Parse(right, NumberStyles.Float, CultureInfo.InvariantCulture));
            Assert.Equal(
                Math.Sign(expected),
                Math.Sign(new NumberBound(Encoding.UTF8.GetBytes(right)).Compare(Encoding.UTF8.GetBytes(left))));
        });

    [Fact]
    public void A_number_is_whole_if_it_is_taken_apart_or_not() =>
        Spelled.Sample(static text =>
        {
            var expected = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            Assert.Equal(decimal.Truncate(expected) == expected, JsonNumber.IsWhole(Encoding.UTF8.GetBytes(text)));
        });

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-0", 0L)]
    [InlineData("-0.5", -500_000_000L)]
    [InlineData("999999999.999999999", 999_999_999_999_999_999L)]
    [InlineData("-999999999.999999999", -999_999_999_999_999_999L)]
    [InlineData("0.000000001", 1L)]
    [InlineData("1.000000000", 1_000_000_000L)]
    [InlineData("1000000000", null)]
    [InlineData("0.0000000001", null)]
    [InlineData("99999999999999999999999999", null)]
    [InlineData("1e0", null)]
    [InlineData("1.5E2", null)]
    public void Short_numbers_are_read_exactly_and_no_others(string text, long? billionths)
    {
        Assert.Equal(billionths is not null, JsonNumber.TryReadShort(Encoding.UTF8.GetBytes(text), out var read));
        Assert.Equal(billionths ?? 0, read);
    }

    [Fact]
    public void A_wildcard_fits_what_its_expression_matches() =>
        Gen.Select(Gen.Char["ab*"].Array[0, 8], Gen.Char["ab*"].Array[0, 8]).Sample((pattern, name) =>
        {
            var expression = "^" + new string(pattern).Replace("*", "[ab*]*", StringComparison.Ordinal) + "$";
            Assert.Equal(
                System.Text.RegularExpressions.Regex.IsMatch(new string(name), expression),
                new Wildcard(new string(pattern)).IsMatch(Encoding.UTF8.GetBytes(name)));
        });

    [Fact]
    public void Equal_names_have_one_key_and_short_ones_no_other_has() =>
        Gen.Select(Gen.Byte.Array[0, 20], Gen.Byte.Array[0, 4], Gen.Byte.Array[0, 4]).Sample((name, left, right) =>
        {
            Assert.Equal(NameKey.Of(name), NameKey.Of([.. name]));
            Assert.Equal(left.AsSpan().SequenceEqual(right), NameKey.Of(left) == NameKey.Of(right));
        });

    private static Gen<string> Spelled { get; } = Gen.OneOf(
        Gen.Int.Select(static i => i.ToString(CultureInfo.InvariantCulture)),
        Gen.Int[-20, 20].Select(static i => i.ToString(CultureInfo.InvariantCulture)),
        Gen.Const("-0"), Gen.Const("0"), Gen.Const("0.0"),
        Gen.Select(Gen.Long[-10_000_000_000, 10_000_000_000], Gen.Int[0, 9]).Select(static (i, e) => $"{i}e{e}"),
        Gen.Select(Gen.Int[-30, 30], Gen.Int[0, 99]).Select(static (i, f) => $"{i}.{f:00}"));
}
