using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Edge.Tests.Support;

/// <summary>A caller that sends whatever bytes a test wants and reads responses by the letter.</summary>
internal sealed class RawHttpClient : RawConnection
{
    private RawHttpClient(Socket socket, IPEndPoint remote, TimeSpan deadline)
        : base(socket, remote, deadline, TestContext.Current.CancellationToken)
    {
    }

    /// <summary>Connects.</summary>
    /// <param name="endpoint">To what.</param>
    /// <param name="deadline">How long the connection may take; <see cref="RawConnection.DeadlineDefault"/> if null.</param>
    /// <param name="tls">TLS settings, or null for plain text.</param>
    public static async Task<RawHttpClient> ConnectAsync(
        IPEndPoint endpoint, TimeSpan? deadline = null, SslClientAuthenticationOptions? tls = null)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
            var client = new RawHttpClient(socket, endpoint, deadline ?? DeadlineDefault);
            if (tls is not null)
            {
                await client.StartTlsAsync(tls);
            }

            return client;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>TLS settings that trust any certificate: for tests that are not about trust.</summary>
    /// <param name="serverName">The name asked for (SNI).</param>
    public static SslClientAuthenticationOptions TrustingTls(string serverName = "localhost") => new()
    {
        TargetHost = serverName,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };

    /// <summary>Connects, sends one request, reads the whole response and closes.</summary>
    /// <param name="endpoint">To what.</param>
    /// <param name="request">The bytes of the request, each char one byte.</param>
    public static async Task<RawResponse> ExchangeAsync(IPEndPoint endpoint, string request)
    {
        await using var client = await ConnectAsync(endpoint);
        try
        {
            await client.SendAsync(request);
        }
        catch (IOException)
        {
            // It was refused before all of it was sent (RFC 9112, section 9.6): the answer is there to be read, or reading fails.
        }

        return await client.ReadResponseAsync(request[..Math.Max(0, request.IndexOf(' ', StringComparison.Ordinal))]);
    }

    /// <summary>Reads the next final response with its whole body (to its end, clean or not).</summary>
    /// <param name="method">The method of the request it answers.</param>
    public async Task<RawResponse> ReadResponseAsync(string method = "GET")
    {
        var response = await ReadHeadAsync(method);
        await response.Body.ReadToEndAsync();
        return response;
    }

    /// <summary>Reads the head of the next final response; the body is left to be read from it.</summary>
    /// <param name="method">The method of the request it answers.</param>
    public Task<RawResponse> ReadHeadAsync(string method = "GET") => RawResponse.ReadHeadAsync(this, method);
}
