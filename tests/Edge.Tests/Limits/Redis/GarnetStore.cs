using System.Net;
using System.Net.Sockets;
using Garnet;
using StackExchange.Redis;

namespace Edge.Tests.Limits.Redis;

/// <summary>
/// A Garnet server in this process, that keeps nothing, and a connection to it. Without its transaction mode other calls may come
/// between the commands of a script, and counts get lost.
/// </summary>
internal sealed class GarnetStore : IAsyncDisposable
{
    private readonly GarnetServer _server;
    private readonly ConnectionMultiplexer _connection;

    private GarnetStore(GarnetServer server, int port, ConnectionMultiplexer connection)
    {
        _server = server;
        Port = port;
        _connection = connection;
    }

    /// <summary>Its port of 127.0.0.1.</summary>
    public int Port { get; }

    public IDatabase Database => _connection.GetDatabase();

    public IServer Server => _connection.GetServers()[0];

    public static async Task<GarnetStore> StartAsync()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)free.LocalEndPoint!).Port;
        free.Dispose();
        var server = new GarnetServer(
        [
            "--port", $"{port}", "--bind", "127.0.0.1", "--lua", "--lua-transaction-mode", "--memory", "32m", "--page", "1m",
            "--index", "1m", "-q", "--logger-level", "None",
        ]);
        server.Start();
        var options = new ConfigurationOptions { EndPoints = { { "127.0.0.1", port } }, AllowAdmin = true };
        return new GarnetStore(server, port, await ConnectionMultiplexer.ConnectAsync(options));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        _server.Dispose();
    }
}
