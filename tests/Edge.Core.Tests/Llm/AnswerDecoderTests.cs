using System.IO.Compression;
using System.Text;
using Edge.Core.Http;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Llm;

/// <summary>Compressed answers, decoded as they pass.</summary>
public sealed class AnswerDecoderTests
{
    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void An_answer_is_decoded_wherever_it_is_cut(ContentCoding coding)
    {
        var text = string.Concat(Enumerable.Range(0, 60).Select(static i => $"data: {{\"n\":{i * 7919}}}\n\n"));
        var coded = Encode(coding, text);
        for (var cut = 0; cut <= coded.Length; cut++)
        {
            Assert.Equal((text, false), Decode(coding, coded[..cut], coded[cut..]));
        }

        Assert.Equal((text, false), Decode(coding, [.. coded.Select(static b => new[] { b })]));
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void What_was_flushed_is_known_before_the_end_comes(ContentCoding coding)
    {
        using var target = new MemoryStream();
        using var stream = Compressor(coding, target);
        stream.Write("data: 1\n\n"u8);
        stream.Flush();
        var first = target.ToArray();
        stream.Write("data: 2\n\n"u8);
        stream.Flush();
        Assert.Equal(("data: 1\n\n", false), Decode(coding, first));
        Assert.Equal(("data: 1\n\ndata: 2\n\n", false), Decode(coding, first, target.ToArray()[first.Length..]));
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void A_long_answer_is_decoded_whole(ContentCoding coding)
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(static i => $"{(uint)i * 2654435761}\n"));
        Assert.Equal((text, false), Decode(coding, Encode(coding, text)));
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void A_bomb_is_decoded_no_further_than_it_may_grow(ContentCoding coding)
    {
        var coded = Encode(coding, new string(' ', 32 * 1024 * 1024));
        var (text, failed) = Decode(coding, coded);
        Assert.True(failed);
        Assert.InRange(text.Length, 1, AnswerDecoder.FreeBytes + ((long)coded.Length * AnswerDecoder.GrowthMax));
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void A_small_text_may_grow_as_it_likes(ContentCoding coding)
    {
        var text = new string(' ', AnswerDecoder.FreeBytes);
        Assert.Equal((text, false), Decode(coding, Encode(coding, text)));
        Assert.True(Decode(coding, Encode(coding, text + new string(' ', 1024 * 1024))).Failed);
    }

    [Fact]
    public void An_answer_is_decoded_up_to_the_limit_and_no_further()
    {
        // Half of it does not compress, so that it grows in proportion.
        var half = new byte[32 * 1024];
        new Random(1).NextBytes(half);
        using var target = new MemoryStream();
        using (var stream = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var written = 0L; written <= AnswerDecoder.DecodedBytesMax; written += 2 * half.Length)
            {
                stream.Write(half);
                stream.Write(new byte[half.Length]);
            }
        }

        using var decoder = new AnswerDecoder(ContentCoding.Gzip);
        ReadOnlySpan<byte> run = target.ToArray();
        var length = 0L;
        while (decoder.TryDecode(ref run, out var decoded))
        {
            length += decoded.Length;
        }

        Assert.True(decoder.HasFailed);
        Assert.InRange(length, AnswerDecoder.DecodedBytesMax - 4096, AnswerDecoder.DecodedBytesMax);
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void What_is_not_what_it_says_fails(ContentCoding coding)
    {
        var (_, failed) = Decode(coding, Encoding.ASCII.GetBytes("{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}"));
        Assert.True(failed);
        var coded = Encode(coding, string.Concat(Enumerable.Range(0, 200).Select(static i => $"{i * 7919}")));
        for (var at = 0; at < coded.Length; at++)
        {
            // Whatever comes of it, it ends.
            var damaged = coded.ToArray();
            damaged[at] ^= 0x55;
            Decode(coding, damaged);
        }
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void What_comes_behind_the_end_says_nothing(ContentCoding coding)
    {
        var (text, _) = Decode(coding, Encode(coding, "{}"), "more"u8.ToArray(), "and more"u8.ToArray());
        Assert.Equal("{}", text);
    }

    [Fact]
    public void A_decoder_that_was_given_back_decodes_nothing()
    {
        var decoder = new AnswerDecoder(ContentCoding.Gzip);
        decoder.Dispose();
        decoder.Dispose();
        ReadOnlySpan<byte> run = Encode(ContentCoding.Gzip, "{}");
        Assert.False(decoder.TryDecode(ref run, out _));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("gzip", false)]
    [InlineData("gzip, deflate, br", false)]
    [InlineData("gzip;q=0", false)]
    [InlineData("identity;q=0", true)]
    [InlineData("gzip, identity; Q=0.000", true)]
    [InlineData("identity;q=0.001", false)]
    [InlineData("*;q=0", true)]
    [InlineData("gzip;q=1.0, *;q=0", true)]
    [InlineData("*;q=0, identity;q=0.5", false)]
    [InlineData("*;q=0, identity", false)]
    [InlineData("identity;q=0.", true)]
    public void An_accept_encoding_may_refuse_what_is_not_coded(string value, bool refuses) =>
        Assert.Equal(refuses, ContentCodings.RefusesIdentity(value));

    private static (string Text, bool Failed) Decode(ContentCoding coding, params byte[][] runs)
    {
        using var decoder = new AnswerDecoder(coding);
        using var text = new MemoryStream();
        foreach (var part in runs)
        {
            ReadOnlySpan<byte> run = part;
            while (decoder.TryDecode(ref run, out var decoded))
            {
                text.Write(decoded);
            }
        }

        return (Encoding.UTF8.GetString(text.ToArray()), decoder.HasFailed);
    }

    private static byte[] Encode(ContentCoding coding, string text)
    {
        using var target = new MemoryStream();
        using (var stream = Compressor(coding, target))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return target.ToArray();
    }

    private static Stream Compressor(ContentCoding coding, Stream target) => coding == ContentCoding.Gzip
        ? new GZipStream(target, CompressionLevel.Optimal) : new BrotliStream(target, CompressionLevel.Optimal);
}
