using System.Globalization;
using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class DecimalDigitsTests
{
    private static readonly Gen<ulong> Numbers =
        Gen.Select(Gen.ULong, Gen.Int[0, 63]).Select(static (bits, shift) => bits >> shift);

    [Fact]
    public void Numbers_are_written_as_the_library_writes_them() => Numbers.Sample(static number =>
    {
        var to = new byte[DecimalDigits.RoomBytes];
        var length = DecimalDigits.Write(number, to);
        Assert.Equal(number.ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(to.AsSpan(0, length)));
    });

    [Fact]
    public void Also_those_around_each_power_of_ten()
    {
        var to = new byte[DecimalDigits.RoomBytes];
        for (UInt128 power = 1; power <= ulong.MaxValue; power *= 10)
        {
            foreach (var number in new[] { (ulong)power - 1, (ulong)power, (ulong)power + 1, (ulong)power * 9, ulong.MaxValue })
            {
                var length = DecimalDigits.Write(number, to);
                Assert.Equal(number.ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(to.AsSpan(0, length)));
            }
        }
    }

    [Fact]
    public void Every_number_of_four_digits_is_right_in_both_halves()
    {
        var to = new byte[DecimalDigits.RoomBytes];
        for (var i = 0ul; i < 10_000; i++)
        {
            var number = (i * 10_000) + (9_999 - i);
            var length = DecimalDigits.Write(number, to);
            Assert.Equal(number.ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(to.AsSpan(0, length)));
        }
    }
}
