using CsCheck;
using Edge.Core.Telemetry;

namespace Edge.Core.Tests.Telemetry;

public sealed class TraceParentTests
{
    private const string Good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void A_value_is_read_and_written_as_it_was()
    {
        Assert.True(TraceParent.TryParse(Good, out var parent));
        Assert.Equal(new TraceParent(0x0af7651916cd43ddUL, 0x8448eb211c80319cUL, 0xb7ad6b7169203331UL, true), parent);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", parent.TraceId);
        Assert.Equal(Good, parent.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x")]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what")]
    public void What_is_not_well_formed_is_no_value(string value)
    {
        Assert.False(TraceParent.TryParse(value, out var parent));
        Assert.Equal(default, parent);
    }

    [Theory]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff")]
    public void Later_versions_and_flags_are_read_as_far_as_they_are_known(string value)
    {
        Assert.True(TraceParent.TryParse(value, out var parent));
        Assert.Equal(Good, parent.ToString());
    }

    [Fact]
    public void Any_ids_survive_writing_and_reading() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong, Gen.Bool).Sample(static (high, low, span, isSampled) =>
        {
            var parent = new TraceParent(high, low, span, isSampled);
            var isValid = (high | low) != 0 && span != 0;
            Assert.Equal(isValid, TraceParent.TryParse(parent.ToString(), out var read));
            Assert.Equal(isValid ? parent : default, read);
        });
}
