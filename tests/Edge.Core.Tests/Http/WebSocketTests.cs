using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class WebSocketTests
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    [Fact]
    public void The_answer_to_a_key_is_that_of_the_specification()
    {
        Assert.Equal(Accept, WebSocketHandshake.AcceptOf(Key));
        Assert.True(WebSocketHandshake.IsAccepted(Key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("s3pPLMBiTxaQ9kYGzzhZRbK+xOo")]
    [InlineData("s3pPLMBiTxaQ9kYGzzhZRbK+xOo= ")]
    [InlineData("S3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]
    public void Any_other_is_none(string accept) =>
        Assert.False(WebSocketHandshake.IsAccepted(Key, System.Text.Encoding.ASCII.GetBytes(accept)));

    [Theory]
    [InlineData(Key, true)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA==", true)]
    [InlineData("", false)]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ=", false)]
    [InlineData("dGhlIHNhbXBsZSBub25jZSE=", false)]
    [InlineData("dGhlIHNhbXBsZSBub25jZ Q=", false)]
    [InlineData("dGhlIHNhbXBsZSBub25j!Q==", false)]
    public void A_key_is_sixteen_bytes_in_base64(string key, bool isKey) => Assert.Equal(isKey, WebSocketHandshake.IsKey(key));

    [Fact]
    public void A_made_key_is_one_and_never_the_same()
    {
        Assert.True(WebSocketHandshake.IsKey(WebSocketHandshake.CreateKey()));
        Assert.NotEqual(WebSocketHandshake.CreateKey(), WebSocketHandshake.CreateKey());
    }

    public static TheoryData<byte[], bool> Frames => new()
    {
        { [0x81, 0], false },
        { [0x81, 2, 1, 2], false },
        { [0x81, 0x82, 9, 9, 9, 9, 1, 2], false },
        { [0x82, 126, 0, 200, .. new byte[200]], false },
        { [0x82, 254, 0, 200, 1, 2, 3, 4, .. new byte[200]], false },
        { [0x02, 127, 0, 0, 0, 0, 0, 0, 1, 0, .. new byte[256]], false },
        { [0x80, 255, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 3, 4, .. new byte[256]], false },
        { [0x88, 0], true },
        { [0x88, 0x82, 1, 2, 3, 4, 5, 6], true },
        { [0x89, 0x80, 1, 2, 3, 4], false },
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_frame_ends_where_its_head_says_however_it_is_cut(byte[] frame, bool isClose)
    {
        for (var cut = 0; cut < frame.Length; cut++)
        {
            var frames = default(WebSocketFrames);
            frames.Take(frame.AsSpan(0, cut));
            Assert.Equal(cut == 0, frames.IsBetween);
            frames.Take(frame.AsSpan(cut));
            Assert.Equal((true, isClose), (frames.IsBetween, frames.HasClosed));

            // And again, behind the first and together with a piece of the next.
            frames.Take([.. frame, 0x81]);
            Assert.False(frames.IsBetween);
            frames.Take([0]);
            Assert.True(frames.IsBetween);
        }
    }

    [Fact]
    public void A_frame_of_any_length_is_followed()
    {
        var frames = default(WebSocketFrames);
        frames.Take([0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        var run = new byte[1 << 20];
        for (var i = 0; i < 100; i++)
        {
            frames.Take(run);
            Assert.False(frames.IsBetween);
        }
    }

    [Fact]
    public void To_follow_frames_allocates_nothing()
    {
        var frames = default(WebSocketFrames);
        byte[] run = [0x81, 2, 1, 2, 0x82, 126, 0, 200, .. new byte[200]];
        frames.Take(run);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) frames.Take(run);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
