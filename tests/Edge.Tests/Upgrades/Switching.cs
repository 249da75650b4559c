using Edge.Core.Http;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Upgrades;

/// <summary>Handshakes by the letter, of callers and of upstreams.</summary>
internal static class Switching
{
    /// <summary>The key of RFC 6455, section 1.3.</summary>
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    /// <summary>A route that takes WebSockets.</summary>
    public const string Route = "upgrade: {}";

    /// <summary>The handshake of a caller, with more lines, each ending in CR LF.</summary>
    public static string Handshake(string more = "", string path = "/ws") =>
        $"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
        $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\n{more}\r\n";

    /// <summary>The answer that switches, to the request's own key.</summary>
    public static string Accepting(RawRequest request, string more = "") =>
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        $"Sec-WebSocket-Accept: {WebSocketHandshake.AcceptOf(request.Headers["Sec-WebSocket-Key"]!)}\r\n{more}\r\n";

    /// <summary>An upstream's script: switches, and then does something.</summary>
    /// <param name="then">What.</param>
    /// <param name="more">More lines of its head, and what stands behind it.</param>
    public static Func<ScriptedConnection, Task> Upstream(Func<ScriptedConnection, Task> then, string more = "\r\n") =>
        async connection =>
        {
            var request = await connection.ReadRequestHeadAsync();
            var head = Accepting(request!);
            await connection.SendAsync(head[..^2] + more);
            await then(connection);
        };

    /// <summary>Sends back what comes, until the end.</summary>
    public static async Task EchoAsync(ScriptedConnection connection)
    {
        while (await connection.ReadSomeAsync() is { Length: > 0 } bytes)
        {
            await connection.SendAsync(bytes);
        }
    }

    /// <summary>A caller that has switched, and the head that it got.</summary>
    public static async Task<(RawHttpClient Caller, RawResponse Head)> ConnectAsync(Door door, string more = "")
    {
        var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Handshake(more));
        var head = await caller.ReadHeadAsync();
        return (caller, head);
    }

    /// <summary>Waits until no request runs.</summary>
    public static Task WaitForRestAsync(Door door) => Deadline.UntilAsync(() => door.Gateway.Gateway.Counters.Running == 0);
}
