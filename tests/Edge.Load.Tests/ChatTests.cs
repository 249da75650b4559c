using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.Load.Calling;

namespace Edge.Load.Tests;

/// <summary>
/// How answers are judged, against a server that sends exactly the bytes a test says and then ends the connection.
/// </summary>
public sealed class ChatTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string Error = """{"error":{"message":"m","type":"t","param":null,"code":"c"}}""";
    private const string Text = "You said: hi. a river stone lantern quiet .";
    private const string Done = "data: [DONE]\n\n";

    private static readonly ChatQuestion Whole = new("mock", "hi", Streams: false);
    private static readonly ChatQuestion Stream = new("mock", "hi", Streams: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Good => Sized(Json(Padded));

    private static string Padded => Text.PadRight(43, 'x')[..43] + ".";

    [Fact]
    public async Task The_answer_to_the_question_is_right()
    {
        var answer = await AskAsync(Whole, Good);
        Assert.Equal(Verdict.Right, answer.Verdict);
        Assert.True(answer.FirstByteNs > 0);
    }

    [Fact]
    public async Task An_answer_to_another_question_is_wrong() =>
        Assert.Equal(Kinds.Wrong, (await AskAsync(Whole with { Text = "ho" }, Good)).Kind);

    [Fact]
    public async Task A_lost_letter_shows() =>
        Assert.Equal(Kinds.Wrong, (await AskAsync(Whole, Sized(Json(Padded.Remove(20, 1))))).Kind);

    [Fact]
    public async Task A_missing_end_shows() =>
        Assert.Equal(Kinds.Wrong, (await AskAsync(Whole, Sized(Json(Padded[..^1] + "x")))).Kind);

    [Fact]
    public async Task What_is_no_JSON_is_wrong() => Assert.Equal(Kinds.Wrong, (await AskAsync(Whole, Sized("hello"))).Kind);

    [Fact]
    public async Task What_else_must_hold_of_a_body_is_asked() =>
        Assert.Equal(Kinds.Wrong, (await AskAsync(Whole with { FindFaultInBody = static _ => "no" }, Good)).Kind);

    [Fact]
    public async Task A_body_that_ends_early_is_broken_off() =>
        Assert.Equal(Kinds.BrokenOff, (await AskAsync(Whole, Head + "Content-Length: 1000\r\n\r\n{")).Kind);

    [Fact]
    public async Task No_answer_at_all_is_told() => Assert.Equal(Kinds.NoAnswer, (await AskAsync(Whole, "")).Kind);

    [Fact]
    public async Task What_is_no_HTTP_is_told() => Assert.Equal(Kinds.NotHttp, (await AskAsync(Whole, "SSH-2.0\r\n\r\n")).Kind);

    [Fact]
    public async Task Nobody_there_is_told()
    {
        using var caller = new Caller(new Uri($"http://127.0.0.1:{Edge.Measuring.Ports.Free()}"));
        Assert.Equal(Kinds.NotConnected, (await Chat.AskAsync(caller, Whole, Cancellation)).Kind);
    }

    [Fact]
    public async Task A_caller_that_gives_up_has_timed_out()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        using var caller = new Caller(new Uri("http://127.0.0.1:1"));
        Assert.Equal(Kinds.TimedOut, (await Chat.AskAsync(caller, Whole, given.Token)).Kind);
    }

    [Fact]
    public async Task An_error_is_counted_by_its_status() =>
        Assert.Equal("status 503", (await AskAsync(Whole, Failure(503, Error))).Kind);

    [Theory]
    [InlineData("oops")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"error":"text"}""")]
    [InlineData("""{"error":{"message":"m","type":"t","code":null}}""")]
    public async Task An_error_without_the_dialects_shape_is_told(string body) =>
        Assert.Equal(Kinds.Shapeless, (await AskAsync(Whole, Failure(502, body))).Kind);

    [Fact]
    public async Task A_whole_stream_is_right_however_it_is_cut_into_events()
    {
        foreach (var size in (int[])[1, 3, 7, 100])
        {
            var events = string.Concat(Padded.Chunk(size).Select(static piece => Chunk(new string(piece))));
            var answer = await AskAsync(Stream, StreamHead + Chunked(": well\n\n" + events + Usage(11) + Done) + "0\r\n\r\n");
            Assert.Equal((Verdict.Right, null), (answer.Verdict, answer.Detail));
        }
    }

    [Fact]
    public async Task A_stream_that_ends_well_without_its_last_event_is_cut_silently() =>
        Assert.Equal(
            Kinds.SilentlyCut,
            (await AskAsync(Stream, StreamHead + Chunked(Chunk(Padded) + Usage(11)) + "0\r\n\r\n")).Kind);

    [Fact]
    public async Task A_stream_that_ends_well_within_an_event_is_cut_silently() =>
        Assert.Equal(
            Kinds.SilentlyCut, (await AskAsync(Stream, StreamHead + Chunked("data: {\"choi") + "0\r\n\r\n")).Kind);

    [Fact]
    public async Task A_stream_without_its_last_chunk_is_broken_off() =>
        Assert.Equal(Kinds.BrokenOff, (await AskAsync(Stream, StreamHead + Chunked(Chunk(Padded)))).Kind);

    [Theory]
    [InlineData("")]
    [InlineData("0\r\n\r\n")]
    public async Task A_stream_with_an_error_event_is_told_however_it_ends(string end) =>
        Assert.Equal(Kinds.ErrorEvent, (await AskAsync(Stream, StreamHead + Chunked($"data: {Error}\n\n") + end)).Kind);

    [Fact]
    public async Task A_stream_with_something_strange_in_it_is_wrong()
    {
        foreach (var strange in (string[])["data: {\"n\":1}\n\n", "event: x\n\n", "data: {\"error\":1}\n\n", "data: ]\n\n"])
        {
            var body = Chunk(Padded) + strange + Usage(11) + Done;
            Assert.Equal(Kinds.Wrong, (await AskAsync(Stream, StreamHead + Chunked(body) + "0\r\n\r\n")).Kind);
        }
    }

    [Fact]
    public async Task An_event_after_the_last_is_wrong() =>
        Assert.Equal(
            Kinds.Wrong,
            (await AskAsync(Stream, StreamHead + Chunked(Chunk(Padded) + Usage(11) + Done + Chunk("x")) + "0\r\n\r\n")).Kind);

    [Fact]
    public async Task A_whole_answer_where_a_stream_was_asked_for_is_wrong() =>
        Assert.Equal(Kinds.Wrong, (await AskAsync(Stream, Good)).Kind);

    [Theory]
    [InlineData(2)]
    [InlineData(11)]
    [InlineData(400)]
    public void An_ordered_length_is_held_to(int tokens)
    {
        var question = new ChatQuestion("mock", ChatQuestion.MakeText(1, 2, 3000), Streams: true, tokens);
        var answer = ("You said: " + question.Text[..1000]).PadRight(tokens * 4, 'w')[..((tokens * 4) - 1)] + ".";
        Assert.Null(question.FindFault(answer, tokens));
        Assert.NotNull(question.FindFault(answer + "tail", tokens + 1));
        Assert.NotNull(question.FindFault(answer, tokens - 1));
        Assert.NotNull(question.FindFault("", 0));
    }

    [Fact]
    public void Questions_begin_with_their_number_and_have_their_length()
    {
        Assert.StartsWith("7 00000009: ", ChatQuestion.MakeText(7, 9, 100), StringComparison.Ordinal);
        Assert.Equal(100, ChatQuestion.MakeText(7, 9, 100).Length);
        Assert.Equal(8, ChatQuestion.MakeText(7, 9, 8).Length);
    }

    [Fact]
    public void A_visible_failure_is_one_that_the_caller_sees()
    {
        Assert.All(
            (string[])[Kinds.NotConnected, Kinds.NoAnswer, Kinds.BrokenOff, Kinds.ErrorEvent, "status 502"],
            static kind => Assert.True(Kinds.IsVisible(kind)));
        Assert.All(
            (string[])[Kinds.Right, Kinds.SilentlyCut, Kinds.Wrong, Kinds.Shapeless, Kinds.TimedOut, Kinds.Bug],
            static kind => Assert.False(Kinds.IsVisible(kind)));
    }

    private static string Json(string text) =>
        $$$"""{"choices":[{"message":{"content":"{{{text}}}"},"finish_reason":"stop"}],"usage":{"completion_tokens":11}}""";

    private static string Sized(string body) => $"{Head}Content-Length: {body.Length}\r\n\r\n{body}";

    private static string Failure(int status, string body) =>
        $"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static string Chunk(string text) =>
        $$$"""data: {"choices":[{"delta":{"content":"{{{text}}}"}}],"usage":null}""" + "\n\n";

    private static string Usage(int tokens) => $$$"""data: {"choices":[],"usage":{"completion_tokens":{{{tokens}}}}}""" + "\n\n";

    private static string Chunked(string body) => $"{body.Length:x}\r\n{body}\r\n";

    private static async Task<Answer> AskAsync(ChatQuestion question, string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, Encoding.ASCII.GetBytes(answer));
        using var caller = new Caller(new Uri($"http://{listener.LocalEndpoint}"));
        var judged = await Chat.AskAsync(caller, question, Cancellation);
        listener.Stop();
        await serving;
        return judged;
    }

    // A caller that saw a kept connection end asks again on a new one, so there may be several.
    private static async Task ServeAsync(TcpListener listener, byte[] answer)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(Cancellation);
                var stream = client.GetStream();
                var request = new byte[8192];
                var length = 0;
                while (!request.AsSpan(0, length).EndsWith("}"u8))
                {
                    var count = await stream.ReadAsync(request.AsMemory(length), Cancellation);
                    length += count;
                    if (count == 0)
                    {
                        break;
                    }
                }

                await stream.WriteAsync(answer, Cancellation);
                client.Client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
