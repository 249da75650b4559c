using System.Globalization;
using System.Net.Http.Headers;

namespace Edge.Peers.CachePauses;

/// <summary>Asks Edge's admin listener what it counts, once and over and over.</summary>
/// <param name="port">Of the admin listener.</param>
/// <param name="token">What it lets callers in with.</param>
internal sealed class CollectorWatch(int port, string token) : IDisposable
{
    private const string Path = "/metrics";

    // Pauses are rarer by far: few readings have two between them.
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    /// <summary>All that it counts, as text.</summary>
    public Task<string> ReadAsync(CancellationToken cancellation) =>
        _client.GetStringAsync(new Uri(Path, UriKind.Relative), cancellation);

    /// <summary>What the collector has done, read again and again until something else has come to its end.</summary>
    public async Task<List<CollectorReading>> WatchAsync(Task until, CancellationToken cancellation)
    {
        var readings = new List<CollectorReading>();
        using var timer = new PeriodicTimer(Gap);
        do
        {
            readings.Add(CollectorReading.Read(await ReadAsync(cancellation)));
        }
        while (!until.IsCompleted && await timer.WaitForNextTickAsync(cancellation));

        return readings;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
