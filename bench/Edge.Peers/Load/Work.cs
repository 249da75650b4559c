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

    /// <summary>All of them.</summary>
    public static readonly Work[] All =
    [
        new("get-1k", "GET, 1 KB answer", "/1k", null),
        new("post-chat", "POST of a 1.2 KB chat body, 1 KB answer", "/v1/chat/completions", MakeChatBody()),
        new("get-16k", "GET, 16 KB answer", "/16k", null),
    ];

    /// <summary>The one of that name.</summary>
    public static Work Find(string name) => Array.Find(All, work => work.Name == name)
        ?? throw new ArgumentException($"No work is called '{name}'.", nameof(name));

    /// <summary>The request as it goes over the wire, by HTTP/1.1.</summary>
    public byte[] ToBytes()
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{(Body is null ? "GET" : "POST")} {Target} HTTP/1.1\r\nHost: bench\r\n");
        head.Append("Accept: application/json\r\nUser-Agent: bench\r\n");
        if (Body is not null)
        {
            head.Append("Authorization: Bearer sk-bench\r\nContent-Type: application/json\r\n");
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").Append(Body).ToString());
    }

    /// <summary>The same request as a script for wrk.</summary>
    public string ToWrkScript()
    {
        var script = new StringBuilder("wrk.headers['Accept'] = 'application/json'\nwrk.headers['User-Agent'] = 'bench'\n");
        if (Body is not null)
        {
            script.Append("wrk.method = 'POST'\nwrk.headers['Authorization'] = 'Bearer sk-bench'\n");
            script.Append("wrk.headers['Content-Type'] = 'application/json'\n");
            script.Append(CultureInfo.InvariantCulture, $"wrk.body = [[{Body}]]\n");
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
