using System.IO.Compression;
using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Llm;

namespace Edge.Fuzz.Targets;

/// <summary>What reads the answers of providers.</summary>
internal static class LlmTargets
{
    /// <summary>All of them.</summary>
    public static FuzzTarget[] All =>
    [
        new("sse", Streams, Stream),
        new("answer", Answers, Answer),
        new("decoder", Compressed, Decode),
        new("calibration", Calibrations, Calibration),
        new("embedding", Embeddings, Embedding),
    ];

    private static byte[][] Streams =>
    [
        .. new[]
        {
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hi \\u00e4\"}}],\"usage\":null}\n\ndata: "
                + "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
            + "\"completion_tokens\":12,\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\ndata: [DONE]\n\n",
            "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
                + "{\"input_tokens\":5,\"output_tokens\":1}}}\r\n\r\n"
            + "event: message_delta\r\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":7}}\r\n\r\n",
            ": comment\rdata: {\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\r\rdata:x\n\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static byte[][] Answers =>
    [
        "{\"choices\":[{\"message\":{\"content\":\"a\\\"b\"}}],\"usage\":{\"prompt_tokens\":0,\"output_tokens\":12}}"u8.ToArray(),
        "{\"usage\":{\"input_tokens\":123456789012345678,\"cache_read_input_tokens\":2},\"c\":[{\"text\":\"x\"}]}"u8.ToArray(),
    ];

    private static byte[][] Compressed
    {
        get
        {
            var gzip = new MemoryStream();
            using (var stream = new GZipStream(gzip, CompressionLevel.Optimal))
            {
                stream.Write(Answers[0]);
            }

            var brotli = new MemoryStream();
            using (var stream = new BrotliStream(brotli, CompressionLevel.Optimal))
            {
                stream.Write(Answers[0]);
            }

            return [[0, .. gzip.ToArray()], [1, .. brotli.ToArray()]];
        }
    }

    private static byte[][] Embeddings =>
    [
        "{\"data\":[{\"embedding\":[0.5,-1e-3,2]}],\"usage\":{\"prompt_tokens\":7}}"u8.ToArray(),
        "{\"usage\":{\"prompt_tokens\":2147483647},\"data\":[{\"embedding\":[3.4e38,-0,1e-44],\"index\":0}]}"u8.ToArray(),
    ];

    private static byte[][] Calibrations =>
    [
        Encoding.UTF8.GetBytes(
            $"{{\"*\":[{string.Join(',', Enumerable.Repeat("300,200", 10))}],"
            + $"\"m\":[{string.Join(',', Enumerable.Repeat("1,2", 10))}]}}"),
    ];

    private static int Embedding(ReadOnlySpan<byte> input)
    {
        var tape = new JsonTape();
        Span<float> vector = stackalloc float[3];
        if (!tape.Read(input.ToArray()) || !EmbeddingAnswer.TryRead(tape, vector, out var tokens))
        {
            return 0;
        }

        FuzzException.ThrowUnless(tokens >= 0, "negative tokens");
        if (!VectorIndex.TryNormalize(vector))
        {
            return 1;
        }

        var squares = 0.0;
        foreach (var number in vector)
        {
            squares += (double)number * number;
        }

        FuzzException.ThrowUnless(Math.Abs(squares - 1) < 1e-5, "a vector whose length is not 1");
        return 2;
    }

    private static int Stream(ReadOnlySpan<byte> input) => Read(input, isEventStream: true);

    private static int Answer(ReadOnlySpan<byte> input) => Read(input, isEventStream: false);

    // Cut anywhere, it says the same as in one piece.
    private static int Read(ReadOnlySpan<byte> input, bool isEventStream)
    {
        var whole = Tap(input, input.Length, isEventStream);
        var cut = input.Length == 0 ? 0 : (input[0] * 7919) % (input.Length + 1);
        FuzzException.ThrowUnless(whole == Tap(input, cut, isEventStream), $"cut at {cut} it says something else");
        var hidden = UsageChunk.TryFind(input, out var start, out var length);
        FuzzException.ThrowUnless(!hidden || (length > 0 && start + length <= input.Length), "the chunk is not in the events");
        var hasNull = UsageChunk.TryFindNull(input, out start, out length);
        FuzzException.ThrowUnless(!hasNull || (length > 0 && start + length <= input.Length), "the null is not in the events");
        var tracker = default(SseEventTracker);
        var end = tracker.LastEventEnd(input);
        FuzzException.ThrowUnless(end >= 0 && end <= input.Length, "the last event ends behind the bytes");
        return HashCode.Combine(whole.Usage.IsKnown, hidden, hasNull, Math.Min(whole.Chars, 16), end > 0);
    }

    private static (UsageCounts Usage, long Chars, int Repeats) Tap(ReadOnlySpan<byte> input, int cut, bool isEventStream)
    {
        var tap = new UsageTap();
        tap.Start(isEventStream);
        var text = default(AnswerText);
        text.Start(LlmApi.ChatCompletions, isEventStream);
        foreach (var range in new[] { new Range(0, cut), new Range(cut, ^0) })
        {
            tap.Take(input[range]);
            text.Take(input[range]);
        }

        return (tap.Usage, text.Chars, text.Repeats);
    }

    private static int Decode(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return 0;
        }

        using var decoder = new AnswerDecoder((input[0] & 1) == 0 ? ContentCoding.Gzip : ContentCoding.Brotli);
        var run = input[1..];
        var length = 0L;
        while (decoder.TryDecode(ref run, out var decoded))
        {
            length += decoded.Length;
        }

        FuzzException.ThrowUnless(
            length <= AnswerDecoder.FreeBytes + ((long)input.Length * AnswerDecoder.GrowthMax), "decoded more than it may grow");
        return HashCode.Combine(decoder.HasFailed, Math.Min(length, 256));
    }

    private static int Calibration(ReadOnlySpan<byte> input)
    {
        var calibration = new TokenCalibration();
        var isRead = calibration.TryRead(input);
        FuzzException.ThrowUnless(isRead || calibration.Models == 0, "refused, but some of it is kept");
        foreach (var script in Enum.GetValues<TextScript>())
        {
            var tokens = calibration.Correct("m", script, 1_000_000);
            FuzzException.ThrowUnless(
                tokens is >= 1_000_000 / TokenCalibration.RatioMax / 2 and <= 1_000_000L * TokenCalibration.RatioMax * 2,
                $"an estimate became {tokens}");
        }

        return HashCode.Combine(isRead, calibration.Models, calibration.Correct("m", TextScript.Latin, 1000));
    }
}
