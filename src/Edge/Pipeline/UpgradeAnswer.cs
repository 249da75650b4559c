using System.Text;
using Edge.Core.Http;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>Reads a 101 (Switching Protocols): bytes pass behind it, so it must mean what was asked for. Stateless.</summary>
internal static class UpgradeAnswer
{
    private static ReadOnlySpan<byte> AcceptName => "Sec-WebSocket-Accept"u8;

    /// <summary>
    /// Looks at a head that is whole. None: the target has switched to the protocol, or has said something else.
    /// </summary>
    public static Failure Check(RequestContext context, UpstreamExchange exchange)
    {
        var head = exchange.Head;
        if (head.StatusCode != 101)
        {
            return Failure.None;
        }

        var bytes = exchange.HeadBytes;
        var hasUpgrade = false;
        var hasAccept = context.WebSocketKey is null;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            ref readonly var field = ref head[i];
            var name = field.Name(bytes);
            if (Ascii.EqualsIgnoreCase(name, "Upgrade"u8))
            {
                if (hasUpgrade || !Ascii.EqualsIgnoreCase(field.Value(bytes), context.Upgrade!)
                    || !head.IsNamedByConnection(bytes, i))
                {
                    return Failure.UpstreamUpgradeInvalid;
                }

                hasUpgrade = true;
            }
            else if (context.WebSocketKey is { } key && Ascii.EqualsIgnoreCase(name, AcceptName))
            {
                if (hasAccept || !WebSocketHandshake.IsAccepted(key, field.Value(bytes)))
                {
                    return Failure.UpstreamUpgradeInvalid;
                }

                hasAccept = true;
            }
        }

        return hasUpgrade && hasAccept ? Failure.None : Failure.UpstreamUpgradeInvalid;
    }
}
