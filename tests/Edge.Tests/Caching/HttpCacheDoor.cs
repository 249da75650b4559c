using System.Globalization;
using Edge.Tests.Identity;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Caching;

/// <summary>A gateway before an ordinary service that answers as a test says, with a clock that the test moves.</summary>
internal sealed class HttpCacheDoor : IAsyncDisposable
{
    private HttpCacheDoor(RunningGateway running, ScriptedUpstream upstream, ManualTime time)
    {
        Running = running;
        Upstream = upstream;
        Time = time;
    }

    public RunningGateway Running { get; }

    public ScriptedUpstream Upstream { get; }

    public ManualTime Time { get; }

    /// <summary>The service answers what it is asked from now on when this is over.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    /// <summary>The time now, as header fields say it, or so many seconds from now.</summary>
    public string Date(int seconds = 0) =>
        (Time.GetUtcNow() + TimeSpan.FromSeconds(seconds)).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Asks twice, with so many seconds in between: the second time it is a HIT or a MISS.</summary>
    public async Task AssertSecondAsync(int seconds, string second)
    {
        Assert.Equal("MISS", await StatusAsync());
        Advance(0.001);
        Advance(seconds == 0 ? 0 : seconds - 0.001);
        Assert.Equal(second, await StatusAsync());
        Assert.Equal(second == "HIT" ? 1 : 2, Upstream.Requests.Count);
    }

    /// <summary>Opens one. The route is public, or asks for <see cref="Consumers"/> where its cache names a scope.</summary>
    /// <param name="answer">
    /// What the service says to each request, counted from 0: header lines, an empty line, and the body, to which a length is
    /// added; or all of an answer, from its status line. Empty: it hangs up, and after what has
    /// <c>{end}</c> too. <c>{now}</c> and <c>{now+5}</c> stand for dates.
    /// </param>
    /// <param name="cache">Keys of the cache, without braces.</param>
    /// <param name="route">Further keys of the route, each with a comma before it.</param>
    public static async Task<HttpCacheDoor> OpenAsync(
        Func<RawRequest, int, string> answer, string cache = "scope: public", string route = "")
    {
        var time = new ManualTime();
        HttpCacheDoor? door = null;
        var count = -1;
        var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                var text = answer(request, Interlocked.Increment(ref count));
                await (door?.Held ?? Task.CompletedTask);
                if (text.Length == 0)
                {
                    return;
                }

                await connection.SendAsync(
                    door!.Complete(text.Replace("{end}", "", StringComparison.Ordinal), request.Method == "HEAD"));
                if (text.Contains("{end}", StringComparison.Ordinal))
                {
                    return;
                }
            }
        });
        var asks = !cache.Contains("scope: public", StringComparison.Ordinal)
            || cache.Contains("shared: true", StringComparison.Ordinal);
        var running = await RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            {{Consumers.Lines}}
            upstreams: { plain: { dialect: http, targets: [{{upstream.Url}}] } }
            tiers: { free: {}, starter: {} }
            routes:
              - name: all
                upstream: plain
                cache: { {{cache}} }
                {{(asks ? "authenticate: { with: [consumers], anonymous: {} }" : "")}}
            """ + (route.Length == 0 ? "" : "\n    " + route),
            time);
        return door = new HttpCacheDoor(running, upstream, time);
    }

    /// <summary>Opens one whose service always says the same.</summary>
    public static Task<HttpCacheDoor> OpenAsync(string answer, string cache = "scope: public") =>
        OpenAsync((_, _) => answer, cache);

    /// <summary>One request on a connection of its own, read to its end.</summary>
    public Task<RawResponse> AskAsync(string headers = "", string path = "/a", string method = "GET", string body = "") =>
        RawHttpClient.ExchangeAsync(
            Running.Endpoint,
            $"{method} {path} HTTP/1.1\r\nHost: a\r\n{headers.Replace("|", "\r\n", StringComparison.Ordinal)}"
            + (body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "") + $"Connection: close\r\n\r\n{body}");

    /// <summary>What became of such a request at the cache.</summary>
    public async Task<string> StatusAsync(string headers = "", string path = "/a", string method = "GET") =>
        (await AskAsync(headers, path, method)).Headers["X-Cache"] ?? "none";

    /// <summary>Moves the clock.</summary>
    public void Advance(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    private string Complete(string text, bool isHead)
    {
        text = text.Replace("{now}", Date(), StringComparison.Ordinal);
        for (int at; (at = text.IndexOf("{now", StringComparison.Ordinal)) >= 0;)
        {
            var end = text.IndexOf('}', at);
            text = text[..at] + Date(int.Parse(text[(at + 4)..end], CultureInfo.InvariantCulture)) + text[(end + 1)..];
        }

        if (text.StartsWith("HTTP/", StringComparison.Ordinal))
        {
            return text.Replace("|", "\r\n", StringComparison.Ordinal);
        }

        var split = text.IndexOf("||", StringComparison.Ordinal);
        var head = split < 0 ? text : text[..split];
        var body = split < 0 ? "body" : text[(split + 2)..];
        return "HTTP/1.1 200 OK\r\n" + (head.Length > 0 ? head.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n" : "")
            + $"Content-Length: {body.Length}\r\n\r\n{(isHead ? "" : body)}";
    }
}
