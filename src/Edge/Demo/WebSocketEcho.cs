using System.Buffers;
using System.Buffers.Binary;
using System.Linq;
using Edge.Core.Http;
using Edge.Pipeline;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Demo;

/// <summary>
/// A WebSocket (RFC 6455) that sends every frame back as it came: messages as messages, a ping as a pong, a close as a close.
/// Frames may have any length; they pass in pieces.
/// </summary>
internal static class WebSocketEcho
{
    private const int PieceBytes = 16 * 1024;
    private const byte OpcodeMask = 0x0F;
    private const byte LengthMask = 0x7F;
    private const byte Close = 0x8;
    private const byte Ping = 0x9;
    private const byte Pong = 0xA;

    /// <summary>Answers a request: switches and echoes until the end, or refuses.</summary>
    public static async ValueTask AnswerAsync(MockExchange exchange)
    {
        var headers = exchange.Request.Headers;
        var upgrade = exchange.Features.Find<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true } || headers.SecWebSocketKey is not [{ } key]
            || !WebSocketHandshake.IsKey(key) || headers.SecWebSocketVersion != WebSocketHandshake.Version)
        {
            exchange.Response.StatusCode = 426;
            exchange.Response.Headers.Upgrade = "websocket";
            exchange.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            return;
        }

        exchange.Response.Headers.Upgrade = "websocket";
        exchange.Response.Headers["Sec-WebSocket-Accept"] = WebSocketHandshake.AcceptOf(key);
        if (headers.SecWebSocketProtocol is [{ } protocols])
        {
            exchange.Response.Headers.SecWebSocketProtocol = protocols.Split(',').First().Trim();
        }

        var stream = await upgrade.UpgradeAsync();
        var memory = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (await EchoAsync(stream, memory))
            {
            }
        }
        catch (IOException)
        {
            // The caller has left.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(memory);
        }
    }

    /// <summary>Sends one frame back. False: it was the last one.</summary>
    private static async ValueTask<bool> EchoAsync(Stream stream, byte[] memory)
    {
        if (await stream.ReadAtLeastAsync(memory.AsMemory(0, 2), 2, throwOnEndOfStream: false) < 2)
        {
            return false;
        }

        var opcode = (byte)(memory[0] & OpcodeMask);
        if (opcode == Ping)
        {
            memory[0] = (byte)((memory[0] & ~OpcodeMask) | Pong);
        }

        memory[1] &= LengthMask;
        var lengthBytes = memory[1] switch { 127 => 8, 126 => 2, _ => 0 };
        await stream.ReadExactlyAsync(memory.AsMemory(2, lengthBytes));
        var left = lengthBytes switch
        {
            8 => BinaryPrimitives.ReadUInt64BigEndian(memory.AsSpan(2)),
            2 => BinaryPrimitives.ReadUInt16BigEndian(memory.AsSpan(2)),
            _ => memory[1],
        };
        var mask = new byte[4];
        await stream.ReadExactlyAsync(mask);
        var used = 2 + lengthBytes;
        var at = 0;
        do
        {
            // To ask for nothing would wait for what comes behind the frame.
            var count = left == 0
                ? 0
                : await stream.ReadAsync(memory.AsMemory(used, (int)Math.Min(left, (ulong)(memory.Length - used))));
            if (count == 0 && left > 0)
            {
                return false;
            }

            foreach (ref var octet in memory.AsSpan(used, count))
            {
                octet ^= mask[at++ & 3];
            }

            await stream.WriteAsync(memory.AsMemory(0, used + count));
            left -= (ulong)count;
            used = 0;
        }
        while (left > 0);

        return opcode != Close;
    }
}
