using System.Net;
using Edge.Hosting;
using Edge.Tests.Support;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>
/// A gateway in the test's own process, in front of scripted upstreams: one route, named after nothing in particular.
/// </summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly RunningGateway _running;

    private Door(RunningGateway running) => _running = running;

    public Gateway Gateway => _running.Gateway;

    /// <summary>The plain HTTP/1.1 listener.</summary>
    public IPEndPoint Endpoint => Gateway.Endpoints[0];

    /// <summary>The HTTP/2 listener, without TLS.</summary>
    public IPEndPoint Http2Endpoint => Gateway.Endpoints[1];

    /// <summary>Starts one.</summary>
    /// <param name="targets">Where the upstream is: one URL, or several with commas.</param>
    /// <param name="upstream">More keys of the upstream, each beginning with a comma.</param>
    /// <param name="route">More keys of the route, each beginning with a comma.</param>
    /// <param name="time">The clock; the system's if null.</param>
    /// <param name="resolver">The name service; the system's if null.</param>
    public static async Task<Door> OpenAsync(
        string targets, string upstream = "", string route = "", TimeProvider? time = null, IHostResolver? resolver = null)
    {
        var yaml = $$"""
            listeners:
              - { address: 127.0.0.1:0, requestBodyMax: 1GiB }
              - { address: 127.0.0.1:0, requestBodyMax: 1GiB, h2c: true }
            upstreams:
              it: { dialect: http, targets: [{{targets}}]{{upstream}} }
            routes:
              - { name: all, match: { path: /* }, upstream: it{{route}} }
            """;
        return new Door(await RunningGateway.StartAsync(yaml, time, resolver));
    }

    /// <summary>One GET on a connection of its own, read to its end, clean or not.</summary>
    public Task<RawResponse> GetAsync(string path = "/") =>
        RawHttpClient.ExchangeAsync(Endpoint, $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");

    /// <summary>A caller who has sent a GET.</summary>
    public async Task<RawHttpClient> CallAsync(string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", TimeSpan? deadline = null)
    {
        var caller = await RawHttpClient.ConnectAsync(Endpoint, deadline);
        await caller.SendAsync(request);
        return caller;
    }

    /// <summary>Ends it, and gives what it logged.</summary>
    public async Task<string> CloseAsync()
    {
        await _running.DisposeAsync();
        return _running.Said;
    }

    public async ValueTask DisposeAsync() => await CloseAsync();
}
