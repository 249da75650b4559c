using System.Buffers.Text;

namespace Edge.Peers.Load;

/// <summary>Finds the end of answers that carry a Content-Length, as all of this bench do.</summary>
internal sealed class AnswerReader
{
    private const int BufferBytes = 64 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _filled;

    /// <summary>Where the next bytes are to be received.</summary>
    public Span<byte> Free => _buffer.AsSpan(_filled);

    /// <summary>Takes bytes that were received there; answers null while the answer is not whole.</summary>
    public Answer? Take(int count)
    {
        _filled += count;
        var answer = _buffer.AsSpan(0, _filled);
        var headEnd = answer.IndexOf("\r\n\r\n"u8);
        if (count == 0 || _filled == _buffer.Length)
        {
            return Answer.Broken;
        }

        if (headEnd < 0)
        {
            return null;
        }

        // The part of the name that everybody writes alike: it may be Content-Length or content-length.
        var name = "ength: "u8;
        var at = answer[..headEnd].IndexOf(name);
        if (at < 0 || !Utf8Parser.TryParse(answer[(at + name.Length)..], out int length, out _))
        {
            return Answer.Broken;
        }

        var whole = headEnd + 4 + length;
        if (_filled < whole)
        {
            return null;
        }

        var good = _filled == whole && answer.StartsWith("HTTP/1.1 2"u8);
        _filled = 0;
        return good ? Answer.Good : Answer.Bad;
    }
}
