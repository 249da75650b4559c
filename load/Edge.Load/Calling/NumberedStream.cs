using System.Globalization;
using Edge.Measuring;

namespace Edge.Load.Calling;

/// <summary>Reads what the mock sends at /sse and at /bytes, and holds it against what must come, byte by byte.</summary>
internal static class NumberedStream
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>Reads a stream of numbered events to its end.</summary>
    public static Task<Answer> ReadAsync(
        Caller caller, int events, int gapMs, int eventBytes, CancellationToken cancellation)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"/sse?events={events}&gapMs={gapMs}&bytes={eventBytes}");
        return GuardAsync(caller, target, ReadEventsAsync, cancellation);

        async Task<Answer> ReadEventsAsync(HttpResponseMessage response)
        {
            var reader = new EventReader(await response.Content.ReadAsStreamAsync(cancellation));
            var number = 0;
            while (await reader.NextAsync(cancellation) is { } data)
            {
                if (!Alphabet.IsEvent(data.Span, number++, eventBytes))
                {
                    return Answer.Failed(Kinds.Wrong, $"event {number - 1} is another");
                }
            }

            return number == events
                ? Answer.Right(reader.FirstByteNs, reader.Bytes)
                : Answer.Failed(Kinds.SilentlyCut, $"{number} of {events} events");
        }
    }

    /// <summary>Reads a large body as somebody does who has better things to do: a rest, then a piece after each pause.</summary>
    public static Task<Answer> ReadSlowlyAsync(
        Caller caller, long bytes, TimeSpan rest, TimeSpan pause, CancellationToken cancellation)
    {
        return GuardAsync(
            caller, string.Create(CultureInfo.InvariantCulture, $"/bytes/{bytes}"), ReadPiecesAsync, cancellation);

        async Task<Answer> ReadPiecesAsync(HttpResponseMessage response)
        {
            var headNs = Monotonic.NowNs;
            var body = new Alphabet();
            var piece = new byte[PieceBytes];
            using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            await Task.Delay(rest, cancellation);
            for (int count; (count = await stream.ReadAsync(piece, cancellation)) > 0;)
            {
                if (!body.Take(piece.AsSpan(0, count)))
                {
                    return Answer.Failed(Kinds.Wrong, $"a wrong byte after {body.Taken} right ones");
                }

                await Task.Delay(pause, cancellation);
            }

            return body.Taken == bytes
                ? Answer.Right(headNs, bytes)
                : Answer.Failed(Kinds.SilentlyCut, $"{body.Taken} of {bytes} bytes");
        }
    }

    private static async Task<Answer> GuardAsync(
        Caller caller, string target, Func<HttpResponseMessage, Task<Answer>> read, CancellationToken cancellation)
    {
        try
        {
            using var response = await caller.GetAsync(target, cancellation);
            return response.IsSuccessStatusCode
                ? await read(response)
                : Answer.Failed(Kinds.Status(response.StatusCode), await response.Content.ReadAsStringAsync(cancellation));
        }
        catch (InvalidDataException exception)
        {
            return Answer.Failed(Kinds.SilentlyCut, exception.Message);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return Answer.Failed(Kinds.Of(exception), exception.Message);
        }
    }
}
