using System.Net;

namespace Edge.Tests.Support;

/// <summary>A body that is flushed piece by piece, so that each is a frame.</summary>
internal sealed class PiecewiseContent(byte[] body, int piece, bool announces) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        for (var at = 0; at < body.Length; at += piece)
        {
            await stream.WriteAsync(body.AsMemory(at, Math.Min(piece, body.Length - at)));
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return announces;
    }
}
