using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Edge.Demo;

namespace Edge.Tests.Demo;

/// <summary>A mock provider of its own for one test, and a client that keeps to the wire.</summary>
internal sealed class MockClient : IAsyncDisposable
{
    private MockClient(MockProvider provider, HttpClient http)
    {
        Provider = provider;
        Http = http;
    }

    public MockProvider Provider { get; }

    public HttpClient Http { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<MockClient> StartAsync(MockOptions? options = null)
    {
        options ??= new MockOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0) };
        var provider = await MockProvider.StartAsync(options, Cancellation);
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri($"http://{provider.Endpoint}"),
            DefaultRequestVersion = options.H2c ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(20),
        };
        return new MockClient(provider, http);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Provider.DisposeAsync();
    }

    /// <summary>Sends JSON and answers with status and body.</summary>
    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        return ((int)response.StatusCode, await ReadJsonAsync(response));
    }

    /// <summary>Asks for a path and answers with status and body.</summary>
    public async Task<(int Status, JsonElement Body)> GetAsync(string path)
    {
        using var response = await Http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return ((int)response.StatusCode, await ReadJsonAsync(response));
    }

    /// <summary>Sends JSON and answers with the data of every event of the stream, which must end in order.</summary>
    public async Task<List<string>> StreamAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        return [.. text.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..])];
    }

    /// <summary>Sends a request's bytes on a connection of their own and answers with every byte until its end.</summary>
    public async Task<string> ExchangeAsync(string request)
    {
        using var socket = await ConnectAsync(request);
        return await ReadToEndAsync(socket);
    }

    /// <summary>Opens a connection and sends a request's bytes.</summary>
    public async Task<Socket> ConnectAsync(string request)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Provider.Endpoint, Cancellation);
        await socket.SendAsync(Encoding.UTF8.GetBytes(request), SocketFlags.None, Cancellation);
        return socket;
    }

    /// <summary>Reads until the text has come, and answers with all that was read.</summary>
    public static async Task<string> ReadUntilAsync(Socket socket, string text)
    {
        var all = new StringBuilder();
        var buffer = new byte[4096];
        while (!all.ToString().Contains(text, StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, SocketFlags.None, Cancellation);
            Assert.NotEqual(0, read);
            all.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return all.ToString();
    }

    /// <summary>Reads until the other side closes, and answers with all that was read.</summary>
    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[65_536];
        for (int read; (read = await socket.ReceiveAsync(buffer, SocketFlags.None, Cancellation)) != 0;)
        {
            all.Write(buffer, 0, read);
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }

    private static async Task<JsonElement> ReadJsonAsync(HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync(Cancellation);
        using var document = JsonDocument.Parse(bytes);
        return document.RootElement.Clone();
    }
}
