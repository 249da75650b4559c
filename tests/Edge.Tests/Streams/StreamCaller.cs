using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Edge.Tests.Streams;

/// <summary>How a caller speaks to the gateway.</summary>
public enum CallerKind
{
    /// <summary>HTTP/1.1 in plain text.</summary>
    Http1,

    /// <summary>HTTP/1.1 over TLS.</summary>
    Http1Tls,

    /// <summary>HTTP/2 in plain text, with prior knowledge.</summary>
    H2c,

    /// <summary>HTTP/2 over TLS, chosen by ALPN.</summary>
    H2,
}

/// <summary>
/// A caller that asks for a stream with the framework's own client and reads it as it comes. It owns its connection.
/// </summary>
internal sealed class StreamCaller : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client;
    private readonly CancellationTokenSource _deadline;
    private readonly byte[] _piece = new byte[64 * 1024];
    private readonly MemoryStream _received = new();
    private HttpResponseMessage? _response;
    private Stream? _body;

    public StreamCaller(StreamGateway gateway, CallerKind kind)
    {
        var http2 = kind is CallerKind.H2c or CallerKind.H2;
        var tls = kind is CallerKind.Http1Tls or CallerKind.H2;
        _client = new HttpClient(new SocketsHttpHandler
        {
            // Without it the client would read on for two seconds when it is asked to leave.
            ResponseDrainTimeout = TimeSpan.Zero,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        })
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://{gateway.EndpointOf(kind)}"),
            DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _deadline.CancelAfter(Patience);
    }

    /// <summary>What has come of the body.</summary>
    public byte[] Received => _received.ToArray();

    /// <summary>The same, as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(_received.ToArray());

    /// <summary>How the body broke off, or null.</summary>
    public Exception? Break { get; private set; }

    /// <summary>Asks, and waits for the answer's head.</summary>
    public async Task<HttpResponseMessage> AskAsync(string path = "/v1/chat/completions")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = _client.DefaultRequestVersion,
            VersionPolicy = _client.DefaultVersionPolicy,
            Content = new StringContent("{}"),
        };
        _response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _deadline.Token);
        _body = await _response.Content.ReadAsStreamAsync(_deadline.Token);
        return _response;
    }

    /// <summary>Reads what comes next; false at the body's end, clean or not.</summary>
    public async Task<bool> ReadAsync()
    {
        try
        {
            var count = await _body!.ReadAsync(_piece, _deadline.Token);
            _received.Write(_piece, 0, count);
            return count > 0;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or SocketException)
        {
            Break = exception;
            return false;
        }
    }

    /// <summary>Reads until so much has come.</summary>
    public async Task ReadUntilAsync(int length)
    {
        while (_received.Length < length)
        {
            if (!await ReadAsync())
            {
                Assert.Fail($"The body ended after {_received.Length} bytes: {Text} {Break}");
            }
        }
    }

    /// <summary>Reads to the end, clean or not.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadAsync())
        {
        }
    }

    /// <summary>Leaves, in the middle of whatever is going on.</summary>
    public void Dispose()
    {
        _response?.Dispose();
        _client.Dispose();
        _deadline.Dispose();
        _received.Dispose();
    }
}
