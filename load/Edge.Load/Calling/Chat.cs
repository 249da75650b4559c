using System.Text;
using System.Text.Json;
using Edge.Measuring;

namespace Edge.Load.Calling;

/// <summary>Asks a question in OpenAI's dialect and judges the answer, whole or streamed, whatever comes.</summary>
internal static class Chat
{
    private const string EventStreamType = "text/event-stream";
    private const int DetailLettersMax = 200;

    /// <summary>Asks; never throws for what the other side does.</summary>
    /// <param name="caller">The client.</param>
    /// <param name="question">The question.</param>
    /// <param name="cancellation">Ends it; the answer has then timed out.</param>
    /// <param name="look">Sees the answer's head.</param>
    public static async Task<Answer> AskAsync(
        Caller caller, ChatQuestion question, CancellationToken cancellation, Action<HttpResponseMessage>? look = null)
    {
        var headNs = 0L;
        try
        {
            using var response = await caller.PostAsync(ChatQuestion.Target, question.ToJson(), cancellation);
            look?.Invoke(response);
            headNs = Monotonic.NowNs;
            if (!response.IsSuccessStatusCode)
            {
                return await JudgeErrorAsync(response, headNs, cancellation);
            }

            var streams = response.Content.Headers.ContentType?.MediaType == EventStreamType;
            return streams != question.Streams
                ? await DrainAsync(response, cancellation)
                : streams
                    ? await JudgeStreamAsync(response, question, cancellation)
                    : await JudgeWholeAsync(response, question, headNs, cancellation);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // The client has one word for a connection that ends before and after the head.
            var kind = Kinds.Of(exception);
            return Answer.Failed(kind == Kinds.NoAnswer && headNs != 0 ? Kinds.BrokenOff : kind, exception.Message);
        }
    }

    /// <summary>Whether a body is an error of OpenAI's dialect: all four members, and a message.</summary>
    public static bool IsError(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
                && error.TryGetProperty("type", out _) && error.TryGetProperty("param", out _)
                && error.TryGetProperty("code", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task<Answer> JudgeErrorAsync(HttpResponseMessage response, long headNs, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        var kind = IsError(body) ? Kinds.Status(response.StatusCode) : Kinds.Shapeless;
        return new Answer(Verdict.Failed, kind, headNs, body.Length, Cut(body));
    }

    // Neither what was asked for nor an error: if its body is broken off, then that is what is to be told.
    private static async Task<Answer> DrainAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        return Answer.Failed(Kinds.Wrong, $"{response.Content.Headers.ContentType}: {Cut(body)}");
    }

    private static async Task<Answer> JudgeWholeAsync(
        HttpResponseMessage response, ChatQuestion question, long headNs, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        try
        {
            using var document = JsonDocument.Parse(body);
            var choice = document.RootElement.GetProperty("choices")[0];
            var tokens = document.RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
            var text = choice.GetProperty("message").GetProperty("content").GetString();
            var fault = question.FindFault(text, tokens)
                ?? (choice.GetProperty("finish_reason").GetString() == "stop" ? null : "it was stopped early")
                ?? question.FindFaultInBody?.Invoke(body);
            return fault is null ? Answer.Right(headNs, body.Length) : Answer.Failed(Kinds.Wrong, fault);
        }
        catch (Exception exception) when (ChatStream.IsOfJson(exception))
        {
            return Answer.Failed(Kinds.Wrong, Cut(body));
        }
    }

    private static async Task<Answer> JudgeStreamAsync(
        HttpResponseMessage response, ChatQuestion question, CancellationToken cancellation)
    {
        var reader = new EventReader(await response.Content.ReadAsStreamAsync(cancellation));
        var stream = new ChatStream();
        try
        {
            while (await reader.NextAsync(cancellation) is { } data)
            {
                stream.Take(data);
            }
        }
        catch (IOException) when (stream.HasError)
        {
            return Answer.Failed(Kinds.ErrorEvent);
        }
        catch (InvalidDataException exception)
        {
            return Answer.Failed(Kinds.SilentlyCut, exception.Message);
        }

        // From here on the body ended as a whole one does; an error event is seen all the same.
        if (stream.HasError || !stream.IsDone)
        {
            return stream.HasError
                ? Answer.Failed(Kinds.ErrorEvent)
                : Answer.Failed(Kinds.SilentlyCut, "no [DONE] in a body that ended well");
        }

        if (stream.Fault is { } strange)
        {
            return Answer.Failed(Kinds.Wrong, strange);
        }

        var fault = question.FindFault(stream.Text, stream.SaidTokens);
        return fault is null ? Answer.Right(reader.FirstByteNs, reader.Bytes) : Answer.Failed(Kinds.Wrong, fault);
    }

    private static string Cut(byte[] body) => Encoding.Latin1.GetString(body.AsSpan(0, Math.Min(body.Length, DetailLettersMax)));
}
