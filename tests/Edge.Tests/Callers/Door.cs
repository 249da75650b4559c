using System.Net;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>A gateway with one listener and one route, and behind it an upstream that remembers every byte it was sent.</summary>
internal sealed class Door : IAsyncDisposable
{
    /// <summary>What comes after an attack on the same connection, to see whether both still agree where they are.</summary>
    public const string NextRequest = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private readonly RunningGateway _gateway;
    private bool _closed;

    private Door(ScriptedUpstream upstream, RunningGateway gateway)
    {
        Upstream = upstream;
        _gateway = gateway;
    }

    /// <summary>The service behind it.</summary>
    public ScriptedUpstream Upstream { get; }

    /// <summary>The gateway.</summary>
    public RunningGateway Gateway => _gateway;

    /// <summary>Where callers connect.</summary>
    public IPEndPoint Endpoint => _gateway.Endpoint;

    /// <summary>Opens one.</summary>
    /// <param name="listener">More keys of the listener, as in <c>{ }</c>.</param>
    /// <param name="upstream">More keys of the upstream.</param>
    /// <param name="route">More keys of the route.</param>
    /// <param name="top">More lines of the file.</param>
    /// <param name="time">The gateway's clock.</param>
    /// <param name="scripts">What the upstream does; if none, it answers each request with 200 and "ok".</param>
    public static async Task<Door> OpenAsync(
        string listener = "", string upstream = "", string route = "", string top = "", TimeProvider? time = null,
        params Func<ScriptedConnection, Task>[] scripts)
    {
        var behind = ScriptedUpstream.Start(scripts.Length == 0 ? [Answering(ScriptedUpstream.Ok("ok"))] : scripts);
        var gateway = await RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: "127.0.0.1:0", {{listener}} }]
            upstreams: { it: { targets: ["{{behind.Url}}"], {{upstream}} } }
            routes: [{ name: all, upstream: it, {{route}} }]
            {{top}}
            """, time);
        return new Door(behind, gateway);
    }

    /// <summary>The script that answers each whole request with the same bytes, and hangs up on a broken one.</summary>
    public static Func<ScriptedConnection, Task> Answering(string response) => async connection =>
    {
        while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
        {
            await connection.SendAsync(response);
        }
    };

    /// <summary>
    /// Sends an attack in one piece, reads the first answer, sends <see cref="NextRequest"/> where the connection is still open,
    /// and reads on to its end.
    /// </summary>
    /// <param name="bytes">The attack, each char one byte.</param>
    /// <param name="method">Its method.</param>
    public async Task<AttackOutcome> AttackAsync(string bytes, string method = "GET")
    {
        await using var client = await RawHttpClient.ConnectAsync(Endpoint);
        return await AttackAsync(client, bytes, method);
    }

    /// <summary>The same on a connection of the test's own.</summary>
    public static async Task<AttackOutcome> AttackAsync(RawHttpClient client, string bytes, string method = "GET")
    {
        var responses = new List<RawResponse>();
        await client.SendAsync(bytes);
        var saidClose = false;
        while (await client.WaitForBytesAsync())
        {
            var response = await client.ReadResponseAsync(responses.Count == 0 ? method : "GET");
            responses.Add(response);
            saidClose = response.Headers["Connection"] == "close";
            if (responses.Count == 1 && !saidClose)
            {
                await SendNextAsync(client);
            }
        }

        return new AttackOutcome(responses, client.End, saidClose);
    }

    /// <summary>Closes the gateway and answers what the upstream has seen by then, in order.</summary>
    public async Task<IReadOnlyList<RawRequest>> SeenAsync()
    {
        await CloseAsync();
        await Upstream.WaitForEndedAsync(Upstream.Connections);
        return Upstream.Requests;
    }

    /// <summary>The head of the only request that the upstream has seen, as text.</summary>
    public async Task<string> SeenHeadAsync() => Encoding.Latin1.GetString(Assert.Single(await SeenAsync()).Head);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await Upstream.DisposeAsync();
    }

    private static async Task SendNextAsync(RawHttpClient client)
    {
        try
        {
            await client.SendAsync(NextRequest);
        }
        catch (IOException)
        {
            // The gateway has hung up already.
        }
    }

    private async Task CloseAsync()
    {
        if (!_closed)
        {
            _closed = true;
            await _gateway.DisposeAsync();
        }
    }
}

/// <summary>What an attacker got.</summary>
/// <param name="Responses">Every answer on the connection, that to <see cref="Door.NextRequest"/> included.</param>
/// <param name="End">How the gateway ended the connection.</param>
/// <param name="SaidClose">True where the last answer said that the connection closes.</param>
internal sealed record AttackOutcome(IReadOnlyList<RawResponse> Responses, ConnectionEnd End, bool SaidClose)
{
    /// <summary>The status of each answer, such as "400" or "200,200".</summary>
    public string Statuses => string.Join(',', Responses.Select(static response => response.Status));
}
