using System.Globalization;
using System.Text;

namespace Edge.Tests.Streams;

/// <summary>Event streams as an upstream puts them on the wire.</summary>
internal static class Wire
{
    /// <summary>The head of a chunked event stream.</summary>
    public const string ChunkedHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    /// <summary>The head of an event stream that ends with its connection.</summary>
    public const string CloseHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    /// <summary>The end of a chunked body.</summary>
    public const string LastChunk = "0\r\n\r\n";

    /// <summary>A chunk with some text, each char a byte.</summary>
    public static string Chunk(string data) =>
        string.Create(CultureInfo.InvariantCulture, $"{Encoding.Latin1.GetByteCount(data):x}\r\n{data}\r\n");
}
