using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Caching;

/// <summary>
/// A provider whose answers say for whom they were made, to which question and when, with bytes that are a function of all that;
/// and who makes vectors, by which questions of a topic are alike. It goes on for as long as it is asked, and keeps nothing.
/// </summary>
internal sealed class StressProvider : IAsyncDisposable
{
    /// <summary>Numbers in a vector: one for each topic and variant.</summary>
    public const int Dimensions = TopicsMax + 8;

    /// <summary>Most topics.</summary>
    public const int TopicsMax = 56;

    private const int DataCharsMax = 12_000;
    private const int PieceChars = 700;
    private const double VariantWeight = 0.15;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private long _version;
    private long _answers;

    public StressProvider()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>Questions that it has answered.</summary>
    public long Answers => Volatile.Read(ref _answers);

    /// <summary>Whoever asks from now on gets an answer of a later version.</summary>
    public long NextVersion() => Interlocked.Increment(ref _version);

    /// <summary>The question about a topic.</summary>
    public static string QuestionOf(int topic, int variant) =>
        $"about {(char)('a' + (topic / 8))}{(char)('a' + (topic % 8))} {(char)('a' + variant)}";

    /// <summary>What an answer has to say.</summary>
    public static string AnswerTo(string owner, string tier, string question, long version)
    {
        // FNV-1a, and then a linear congruence for the letters.
        var seed = 2166136261u;
        foreach (var letter in $"{owner}/{tier}/{question}/{version}")
        {
            seed = (seed ^ letter) * 16777619u;
        }

        var data = new char[seed % DataCharsMax];
        for (var i = 0; i < data.Length; i++)
        {
            seed = (seed * 1664525u) + 1013904223u;
            data[i] = (char)('a' + (seed >> 28));
        }

        return $$"""{"owner":"{{owner}}","tier":"{{tier}}","question":"{{question}}","version":{{version}},"data":"""
            + $"\"{new string(data)}\"}}";
    }

    /// <summary>An answer that came as a stream, put together.</summary>
    public static string Join(string stream)
    {
        var whole = new StringBuilder();
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
        foreach (var line in stream.Split('\n'))
        {
            if (line.StartsWith("data: {", StringComparison.Ordinal))
            {
                var piece = Convert.FromBase64String(JsonNode.Parse(line[6..])!["piece"]!.GetValue<string>());
                whole.Append(Encoding.ASCII.GetString(piece));
            }
        }

        return whole.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_running);
        _stopped.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopped.Token);
                _running.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            var request = new StringBuilder();
            var buffer = new byte[16 * 1024];
            while (true)
            {
                var read = await stream.ReadAsync(buffer, _stopped.Token);
                if (read == 0)
                {
                    return;
                }

                request.Append(Encoding.Latin1.GetString(buffer, 0, read));
                if (TryTake(request, out var head, out var body))
                {
                    await AnswerAsync(stream, head, body);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
        }
    }

    // One request at a time comes over a connection.
    private static bool TryTake(StringBuilder request, out string head, out string body)
    {
        var text = request.ToString();
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        (head, body) = end < 0 ? ("", "") : (text[..(end + 2)], text[(end + 4)..]);
        if (end < 0 || body.Length < int.Parse(FieldOf(head, "Content-Length")))
        {
            return false;
        }

        request.Clear();
        return true;
    }

    private static string FieldOf(string head, string name)
    {
        var at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase) + name.Length + 4;
        return head[at..head.IndexOf('\r', at)];
    }

    private async Task AnswerAsync(NetworkStream stream, string head, string body)
    {
        var json = JsonNode.Parse(body)!;
        if (head.StartsWith("POST /v1/embeddings ", StringComparison.Ordinal))
        {
            await SendAsync(stream, VectorOf(json["input"]!.GetValue<string>()));
            return;
        }

        Interlocked.Increment(ref _answers);
        var question = json["messages"]!.AsArray()[^1]!["content"]!.GetValue<string>();
        var answer = AnswerTo(FieldOf(head, "X-Owner"), FieldOf(head, "X-Tier"), question, Volatile.Read(ref _version));
        if (json["stream"]?.GetValue<bool>() != true)
        {
            await SendAsync(stream, answer);
            return;
        }

        await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (var at = 0; at < answer.Length; at += PieceChars)
        {
            var piece = Encoding.ASCII.GetBytes(answer.Substring(at, Math.Min(PieceChars, answer.Length - at)));
            await WriteChunkAsync(stream, $"data: {{\"piece\":\"{Convert.ToBase64String(piece)}\"}}\n\n");
            await Task.Yield();
        }

        await WriteChunkAsync(stream, "data: [DONE]\n\n");
        await WriteAsync(stream, "0\r\n\r\n");
    }

    private static string VectorOf(string question)
    {
        var numbers = new double[Dimensions];
        numbers[((question[6] - 'a') * 8) + question[7] - 'a'] = 1;
        numbers[TopicsMax + question[9] - 'a'] = VariantWeight;
        return $$"""{"data":[{"embedding":[{{string.Join(',', numbers)}}]}]}""";
    }

    private Task SendAsync(NetworkStream stream, string json) => WriteAsync(
        stream, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}");

    private Task WriteChunkAsync(NetworkStream stream, string text) => WriteAsync(stream, $"{text.Length:x}\r\n{text}\r\n");

    private Task WriteAsync(NetworkStream stream, string text) =>
        stream.WriteAsync(Encoding.Latin1.GetBytes(text), _stopped.Token).AsTask();
}
