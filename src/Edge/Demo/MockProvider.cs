using System.Net;
using Edge.Core.Configuration;
using Edge.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Demo;

/// <summary>
/// A provider that answers by rule instead of by model: OpenAI's and Anthropic's APIs, deterministic, with delays and faults that
/// the caller chooses. For the demo, the tests and the load runs. It owns its listener; docs/mock.md describes it.
/// </summary>
internal sealed class MockProvider : IAsyncDisposable
{
    /// <summary>Most bytes of a request body: uploads in tests are large, and nothing keeps them whole.</summary>
    public const long RequestBodyBytesMax = 4L * 1024 * 1024 * 1024;

    /// <summary>Most connections at once.</summary>
    public const int ConnectionsMax = 100_000;

    private readonly HttpServer _server;
    private readonly PaceWheel _wheel;

    private MockProvider(HttpServer server, PaceWheel wheel, MockStats stats)
    {
        _server = server;
        _wheel = wheel;
        Stats = stats;
    }

    /// <summary>Where it listens, with the port that the system chose where 0 was asked for.</summary>
    public IPEndPoint Endpoint => _server.Endpoint;

    /// <summary>What it has done so far; also served as <c>GET /mock/stats</c>.</summary>
    public MockStats Stats { get; }

    /// <summary>Starts on an address, for callers with any key or none.</summary>
    /// <exception cref="IOException">The address is in use or not ours.</exception>
    public static Task<MockProvider> StartAsync(IPEndPoint endpoint, TimeProvider time, CancellationToken cancellation)
        => StartAsync(new MockOptions { Endpoint = endpoint, Time = time }, cancellation);

    /// <summary>Starts as the options say.</summary>
    /// <exception cref="IOException">The address is in use or not ours.</exception>
    public static async Task<MockProvider> StartAsync(MockOptions options, CancellationToken cancellation)
    {
        var wheel = new PaceWheel(options.Time);
        var stats = new MockStats();
        var plan = new ListenerPlan
        {
            Endpoint = options.Endpoint,
            H2c = options.H2c,
            RequestBodyMax = RequestBodyBytesMax,
            ConnectionsMax = ConnectionsMax,
            KeepAliveTimeout = TimeSpan.FromMinutes(10),
        };
        try
        {
            var application = new MockApplication(wheel, stats, options.Key);

            // Kestrel's sockets let an answer's bytes be put on the wire as they stand, past all of HTTP: see RawAnswers.
            var server = await HttpServer.StartAsync(
                plan, application, null, ServerTransport.KestrelSockets, null, NullLoggerFactory.Instance,
                TimeProvider.System, cancellation);
            return new MockProvider(server, wheel, stats);
        }
        catch
        {
            wheel.Dispose();
            throw;
        }
    }

    /// <summary>Stops accepting, then waits for running answers until the token is cancelled, which cuts what is left.</summary>
    public Task StopAsync(CancellationToken abort) => _server.StopAsync(abort);

    /// <summary>Stops at once and cuts every running answer, as a killed process would.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _wheel.Dispose();
    }
}
