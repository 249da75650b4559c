using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class HeaderValueCacheTests
{
    [Fact]
    public void A_value_seen_twice_is_kept_and_costs_nothing_from_then_on()
    {
        var cache = new HeaderValueCache();
        cache.Get("application/json"u8);
        var kept = cache.Get("application/json"u8);
        Assert.Equal("application/json", kept);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var again = cache.Get("application/json"u8);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Same(kept, again);
    }

    [Fact]
    public void Values_that_never_come_again_drive_nothing_out()
    {
        var cache = new HeaderValueCache();
        cache.Get("text/event-stream"u8);
        var kept = cache.Get("text/event-stream"u8);
        for (var i = 0; i < 10 * HeaderValueCache.SlotCount; i++)
        {
            cache.Get(Encoding.ASCII.GetBytes($"req_{i}"));
        }

        Assert.Same(kept, cache.Get("text/event-stream"u8));
    }

    [Theory]
    [InlineData(HeaderValueCache.ValueBytesMax, true)]
    [InlineData(HeaderValueCache.ValueBytesMax + 1, false)]
    public void A_long_value_is_not_kept(int length, bool kept)
    {
        var cache = new HeaderValueCache();
        var value = Encoding.ASCII.GetBytes(new string('a', length));
        cache.Get(value);
        var second = cache.Get(value);
        Assert.Equal(kept, ReferenceEquals(second, cache.Get(value)));
    }

    [Fact]
    public void Bytes_above_ASCII_are_Latin_1()
    {
        var cache = new HeaderValueCache();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("caf\u00e9 \u00ff", cache.Get("caf\u00e9 \u00ff".Select(c => (byte)c).ToArray()));
        }
    }

    [Fact]
    public void An_empty_value_is_the_empty_string() => Assert.Same(string.Empty, new HeaderValueCache().Get([]));

    [Fact]
    public void Whatever_was_asked_before_the_answer_is_the_bytes_own_text()
    {
        var cache = new HeaderValueCache();
        Gen.OneOf<byte[]>(Gen.Byte.Array[0, 3], Gen.Byte[0x61, 0x63].Array[0, 4], Gen.Byte.Array[0, 200])
            .Sample(bytes => Assert.Equal(Encoding.Latin1.GetString(bytes), cache.Get(bytes)));
    }
}
