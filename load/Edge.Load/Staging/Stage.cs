using System.Globalization;
using System.Text.Json;
using Edge.Measuring;

namespace Edge.Load.Staging;

/// <summary>
/// What a scenario plays on: <c>edge mock</c> and before it <c>edge run</c>, both started here, on loopback, and ended by their
/// ids when this is disposed of. Nothing else is ever touched.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(15);

    private readonly string _edge;
    private readonly GatewaySettings _settings;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-load-");
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _port = Ports.Free();
    private readonly int _http2Port = Ports.Free();
    private readonly int _mockPort = Ports.Free();
    private ChildProcess? _gateway;
    private ChildProcess? _mock;

    private Stage(string edge, GatewaySettings settings)
    {
        _edge = edge;
        _settings = settings;
    }

    /// <summary>Where the gateway speaks HTTP/1.1.</summary>
    public Uri Gateway => Address(_port);

    /// <summary>Where the gateway speaks HTTP/2, in plain text.</summary>
    public Uri GatewayHttp2 => Address(_http2Port);

    /// <summary>The gateway's process.</summary>
    public int GatewayId => _gateway!.Id;

    /// <summary>Whether the gateway still runs.</summary>
    public bool IsGatewayAlive => !_gateway!.HasExited;

    /// <summary>What the gateway wrote to its standard error, from its beginning.</summary>
    public string GatewayErrors => _gateway!.Errors;

    private string ConfigurationPath => Path.Combine(_folder.FullName, "edge.yaml");

    /// <summary>Starts both and waits until they listen.</summary>
    /// <param name="edge">Path of the program.</param>
    /// <param name="settings">What the gateway's file is to say.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">One of them did not come to listen; the message has what it said.</exception>
    public static async Task<Stage> StartAsync(string edge, GatewaySettings settings, CancellationToken cancellation)
    {
        var stage = new Stage(edge, settings);
        try
        {
            await stage.StartMockAsync(cancellation);
            await stage.WriteConfigurationAsync(settings, cancellation);
            stage._gateway = await StartAsync(
                [.. settings.Launcher, edge, "run", "--config", stage.ConfigurationPath], stage._port, cancellation);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the mock provider, for the first time or after it was killed, always at the same address.</summary>
    public async Task StartMockAsync(CancellationToken cancellation) =>
        _mock = await StartAsync(
            [_edge, "mock", "--port", _mockPort.ToString(CultureInfo.InvariantCulture)], _mockPort, cancellation);

    /// <summary>Kills the mock provider, as a crash would.</summary>
    public async Task KillMockAsync(CancellationToken cancellation)
    {
        await _mock!.KillAsync(cancellation);
        await _mock.DisposeAsync();
        _mock = null;
    }

    /// <summary>Puts another file in the place of the gateway's, at once and as a whole.</summary>
    public Task WriteConfigurationAsync(GatewaySettings settings, CancellationToken cancellation) =>
        WriteConfigurationAsync(settings.ToYaml(_port, _http2Port, _mockPort), cancellation);

    /// <summary>The same with a file in which a route names an upstream that is not there.</summary>
    public Task WriteBrokenConfigurationAsync(CancellationToken cancellation) =>
        WriteConfigurationAsync(
            _settings.ToYaml(_port, _http2Port, _mockPort)
                .Replace("upstream: models", "upstream: nobody", StringComparison.Ordinal),
            cancellation);

    /// <summary>Asks the gateway to read its file again.</summary>
    public void SignalReload() => _gateway!.Signal(Native.HangUp);

    /// <summary>The program.</summary>
    public string Program => _edge;

    /// <summary>The port of the mock provider.</summary>
    public int MockPort => _mockPort;

    /// <summary>What the mock provider has counted since its start, as JSON.</summary>
    public Task<byte[]> ReadMockStatsAsync(CancellationToken cancellation) =>
        _client.GetByteArrayAsync(new Uri(Address(_mockPort), "/mock/stats"), cancellation);

    /// <summary>How many chats the mock provider has been asked for since its start.</summary>
    public async Task<long> CountMockChatsAsync(CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(await ReadMockStatsAsync(cancellation));
        return document.RootElement.GetProperty("requests").GetProperty("/v1/chat/completions").GetInt64();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _gateway, _mock })
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        _client.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Uri Address(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    private static async Task DiscardOutputAsync(ChildProcess process)
    {
        try
        {
            while (await process.ReadLineAsync(CancellationToken.None) is not null)
            {
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException or IOException)
        {
            // It has been disposed of meanwhile.
        }
    }

    private async Task WriteConfigurationAsync(string yaml, CancellationToken cancellation)
    {
        var draft = ConfigurationPath + ".new";
        await File.WriteAllTextAsync(draft, yaml, cancellation);
        File.Move(draft, ConfigurationPath, overwrite: true);
    }

    /// <summary>Starts a program and waits until it listens.</summary>
    /// <param name="words">The program, and its arguments.</param>
    /// <param name="port">Where it is to listen.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">It did not come to listen; the message has what it said.</exception>
    public static async Task<ChildProcess> StartAsync(string[] words, int port, CancellationToken cancellation)
    {
        var process = ChildProcess.Start(words[0], words[1..]);
        if (!await Ports.WaitAsync(port, process, StartTimeout, cancellation))
        {
            var errors = process.Errors;
            await process.DisposeAsync();
            throw new InvalidOperationException($"{string.Join(' ', words)} did not start: {errors}");
        }

        // What nobody reads would fill the pipe and stop the program one day.
        _ = DiscardOutputAsync(process);
        return process;
    }
}
