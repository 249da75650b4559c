using System.IO.Pipelines;

namespace Edge.Pipeline;

/// <summary>Writing to a caller that may be gone.</summary>
internal static class CallerOutput
{
    /// <summary>
    /// Writes to the caller's connection. Once that is broken the server hands out empty memory, over which the framework's own
    /// Write stumbles: here the bytes are dropped, and the next flush tells why.
    /// </summary>
    public static void Put(this PipeWriter to, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = to.GetSpan();
            if (room.IsEmpty)
            {
                return;
            }

            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            to.Advance(count);
            bytes = bytes[count..];
        }
    }
}
