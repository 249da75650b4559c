using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Load.Calling;

/// <summary>
/// The client of the scenarios: the framework's own, as it is known to tell a body that ended from one that was broken off. As
/// many connections as there are questions at a time, kept between questions. It decides nothing; scenarios judge what comes.
/// </summary>
internal sealed class Caller : IDisposable
{
    /// <summary>Where a caller says who it is.</summary>
    public const string NameHeader = "X-Caller";

    private static readonly TimeSpan SecureLifetime = TimeSpan.FromSeconds(1);

    private readonly HttpClient _client;

    /// <summary>A client of a gateway.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="receiveBufferBytes">The sockets' receive buffer; 0: the system's choice.</param>
    /// <param name="http2">Speak HTTP/2 in plain text.</param>
    /// <param name="trust">Over TLS: whether a certificate is the gateway's. New connections are then made all the time.</param>
    /// <param name="name">Who asks, in the header <see cref="NameHeader"/>; null: it is not said.</param>
    public Caller(
        Uri address, int receiveBufferBytes = 0, bool http2 = false, Func<X509Certificate2, bool>? trust = null,
        string? name = null)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, receiveBufferBytes, cancellation),
        };
        if (trust is not null)
        {
            handler.PooledConnectionLifetime = SecureLifetime;
            handler.SslOptions.RemoteCertificateValidationCallback =
                (_, certificate, _, _) => certificate is X509Certificate2 shown && trust(shown);
        }

        _client = new HttpClient(handler)
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = http2 ? new Version(2, 0) : new Version(1, 1),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (name is not null)
        {
            _client.DefaultRequestHeaders.Add(NameHeader, name);
        }
    }

    /// <summary>Asks, and answers as soon as the head has come; whoever calls disposes of it.</summary>
    public Task<HttpResponseMessage> GetAsync(string target, CancellationToken cancellation) =>
        _client.GetAsync(target, HttpCompletionOption.ResponseHeadersRead, cancellation);

    /// <summary>The same, with a JSON body.</summary>
    public async Task<HttpResponseMessage> PostAsync(string target, byte[] json, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target)
        {
            Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            Version = _client.DefaultRequestVersion,
            VersionPolicy = _client.DefaultVersionPolicy,
        };
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(
        System.Net.DnsEndPoint endPoint, int receiveBufferBytes, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBufferBytes > 0)
            {
                socket.ReceiveBufferSize = receiveBufferBytes;
            }

            await socket.ConnectAsync(endPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
