using System.Globalization;
using System.Text;

namespace Edge.Peers.Load;

/// <summary>A request that the callers repeat, and the names it has in tables and on the command line.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Title">In tables.</param>
/// <param name="Target">Request target.</param>
/// <param name="Body">Body; null for a GET.</param>
internal sealed record Work(string Name, string Title, string Target, string? Body)
{
    /// <summary>Bytes of the small answers.</summary>
    public const int SmallAnswerBytes = 1024;

    /// <summary>Bytes of the large answer.</summary>
    public const int LargeAnswerBytes = 16 * 1024;
    private const int ChatBodyBytes = 1200;

    private static readonly KeyValuePair<string, string>[] CommonHeaders =
        [new("Accept", "application/json"), new("User-Agent", "bench")];

    /// <summary>A GET answered with 1 KB.</summary>
    public static readonly Work Get = new("get-1k", "GET, 1 KB answer", "/1k", null);

    /// <summary>A chat request as SDKs send it, answered with 1 KB.</summary>
    public static readonly Work Chat = new(
        "post-chat", "POST of a 1.2 KB chat body, 1 KB answer", "/v1/chat/completions", MakeChatBody());

    /// <summary>The same chat request with a token of a consumer, for the chain of policies.</summary>
    public static readonly Work Chain = Chat with
    {
        Name = "chain",
        Title = "POST of a 1.2 KB chat body through the chain of policies",
        Bearer = ConsumerToken.Make(),
    };

    /// <summary>A GET answered with 16 KB.</summary>
    public static readonly Work LargeGet = Answering(LargeAnswerBytes) with { Name = "get-16k" };

    /// <summary>What is measured at saturation.</summary>
    public static readonly Work[] All = [Get, Chat, LargeGet];

    /// <summary>What goes into Authorization after <c>Bearer</c>.</summary>
    public string Bearer { get; init; } = "sk-bench";

    /// <summary>Headers beside those that every request has.</summary>
    public KeyValuePair<string, string>[] MoreHeaders { get; init; } = [];

    /// <summary>Headers of the request, less Host and Content-Length.</summary>
    public IEnumerable<KeyValuePair<string, string>> Headers
    {
        get
        {
            KeyValuePair<string, string>[] body = Body is null
                ? []
                : [new("Authorization", "Bearer " + Bearer), new("Content-Type", "application/json")];
            return [.. CommonHeaders, .. body, .. MoreHeaders];
        }
    }

    /// <summary>A GET that the origin answers with so many bytes of a file.</summary>
    public static Work Answering(int bytes) => new(
        string.Create(CultureInfo.InvariantCulture, $"answer-{bytes}"),
        string.Create(CultureInfo.InvariantCulture, $"GET, {bytes / 1024} KB answer"),
        string.Create(CultureInfo.InvariantCulture, $"/bytes/{bytes}"),
        null);

    /// <summary>A POST of so many bytes, answered with 1 KB.</summary>
    public static Work Posting(int bytes) => Chat with
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"post-{bytes}"),
        Body = new string('x', bytes),
    };

    /// <summary>The GET of 1 KB with so many headers of about 40 bytes more.</summary>
    public static Work WithHeaders(int count) => Get with
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"headers-{count}"),
        MoreHeaders =
        [
            .. Enumerable.Range(0, count).Select(static i => new KeyValuePair<string, string>(
                string.Create(CultureInfo.InvariantCulture, $"X-Bench-Field-{i:D3}"), "value of twenty-two b.")),
        ],
    };

    /// <summary>The one of that name, of those that are sent at a constant rate.</summary>
    public static Work Find(string name) => Array.Find(All, work => work.Name == name)
        ?? throw new ArgumentException($"No work is called '{name}'.", nameof(name));

    /// <summary>The request as it goes over the wire, by HTTP/1.1.</summary>
    public byte[] ToBytes()
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{(Body is null ? "GET" : "POST")} {Target} HTTP/1.1\r\nHost: bench\r\n");
        foreach (var (name, value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (Body is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").Append(Body).ToString());
    }

    /// <summary>The same request as a script for wrk.</summary>
    public string ToWrkScript()
    {
        var script = new StringBuilder();
        foreach (var (name, value) in Headers)
        {
            script.Append(CultureInfo.InvariantCulture, $"wrk.headers['{name}'] = '{value}'\n");
        }

        if (Body is not null)
        {
            script.Append(CultureInfo.InvariantCulture, $"wrk.method = 'POST'\nwrk.body = [[{Body}]]\n");
        }

        return script.ToString();
    }

    private static string MakeChatBody()
    {
        const string Before = """{"model":"gpt-4o-mini","temperature":0.7,"messages":[{"role":"user","content":" """;
        const string After = "\"}]}";
        const string Words = "What does a gateway cost when nothing goes wrong? ";
        var text = new StringBuilder(Before.TrimEnd());
        while (text.Length < ChatBodyBytes - After.Length)
        {
            text.Append(Words);
        }

        text.Length = ChatBodyBytes - After.Length;
        return text.Append(After).ToString();
    }
}
