using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Edge.Pipeline;

/// <content>What there is to say of a request that switches to another protocol.</content>
internal sealed partial class RequestContext
{
    /// <summary>The protocol that the caller wants to switch to and may; null: none, the request is one of HTTP.</summary>
    public string? Upgrade { get; private set; }

    /// <summary>The key of a WebSocket's handshake: the caller's, or one of our own where HTTP/2 has none; else null.</summary>
    public string? WebSocketKey { get; private set; }

    /// <summary>The switched connection, once it is; it stays until the next request begins, for those who tell of it.</summary>
    public Tunnel? Tunnel { get; set; }

    /// <summary>
    /// The protocol for which a stream of HTTP/2 is asked to be the connection (RFC 8441); null: it is an ordinary request.
    /// </summary>
    public string? ConnectProtocol { get; private set; }

    /// <summary>
    /// Takes an extended CONNECT for what it is elsewhere, a GET that wants to switch. False: it is a CONNECT that asks for a
    /// tunnel.
    /// </summary>
    public bool TryTakeConnect()
    {
        if (!IsHttp2
            || Features.Find<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true } connect)
        {
            return false;
        }

        ConnectProtocol = connect.Protocol;
        Method = Request.Method = "GET";
        return true;
    }

    /// <summary>The request is to switch to a protocol, if its upstream does.</summary>
    /// <param name="protocol">Its name.</param>
    /// <param name="key">The key of a WebSocket's handshake.</param>
    public void BeginUpgrade(string protocol, string? key)
    {
        Upgrade = protocol;
        WebSocketKey = key;
        if (ConnectProtocol is null)
        {
            // What the caller sends before it has its 101 is either protocol's: after another answer nobody is to guess.
            CloseAfterAnswer();
        }
    }

    /// <summary>
    /// Switches the caller's connection or stream: the head of the answer, whose headers are set, goes out, and after it bytes
    /// pass as they are.
    /// </summary>
    public async ValueTask<Stream> SwitchAsync()
    {
        _bodySize.MaxRequestBodySize = null;
        if (ConnectProtocol is not null)
        {
            Features.Require<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
            return await Features.Require<IHttpExtendedConnectFeature>().AcceptAsync();
        }

        PauseHeartbeat();
        return await Features.Require<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>True where the server could switch the caller's connection: the request asks for it and has no body.</summary>
    public bool MaySwitch => Features.Find<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    private void ClearUpgrade()
    {
        Upgrade = null;
        WebSocketKey = null;
        Tunnel = null;
        ConnectProtocol = null;
    }
}
