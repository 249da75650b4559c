using Edge.Core.Http;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Switches the caller over once the upstream has switched (101), and passes bytes until the end. Stateless but for the list of
/// those that run.
/// </summary>
internal sealed class SwitchStage(Tunnels tunnels, ResponseHeadCopier copier)
{
    /// <summary>Runs when the exchange has the head of a 101 that was looked at.</summary>
    public async PooledValueTask<Failure> RunAsync(RequestContext context)
    {
        var exchange = context.Exchange;
        var protocol = context.Upgrade!;
        var isConnect = context.ConnectProtocol is not null;
        copier.Copy(context, exchange.Head, exchange.HeadBytes, startsNext: false);
        if (isConnect)
        {
            // The answer of HTTP/2, whose handshake has no key (RFC 8441, section 5).
            context.StatusCode = StatusCodes.Status200OK;
            context.ResponseHeaders.Remove("Sec-WebSocket-Accept");
        }
        else
        {
            context.ResponseHeaders.Upgrade = protocol;
        }

        // From here on the caller's end is looked for by who reads from it: it may have sent something before.
        context.CallerWatch.Release(context.Attempt);
        context.CallerWatch.Ignore();
        var tunnel = new Tunnel(exchange, context.Route!.Plan.Upgrade!, protocol, callerMayHalfClose: isConnect);
        context.Tunnel = tunnel;
        try
        {
            tunnel.Join(await context.SwitchAsync());
            tunnels.Add(tunnel);
            return await tunnel.RunAsync(context.CallerWatch.TokenFor(context.Protocol));
        }
        finally
        {
            tunnels.Remove(tunnel);
            context.ResponseBytes = tunnel.BytesDown;
        }
    }
}
