using System.Text;

namespace Edge.Fuzz;

/// <summary>Changes inputs at random, but always in the same way with the same seed.</summary>
internal sealed class Mutator(int seed)
{
    /// <summary>Bytes of the longest input that is made.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Changes made to one input.</summary>
    private const int ChangesMax = 8;

    /// <summary>Bytes that one change copies or takes out.</summary>
    private const int RangeBytesMax = 256;

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "-0", "1e999", "1E-400", "0.1", "9007199254740993",
                "\\u0000",
            "\\ud800", "\\udc00\\ud800", "\"usage\":", "\"usage\":null", "\"model\"", "\"messages\"", "\"content\"", "\"stream\"",
            "\"$ref\":\"#\"", "\"$dynamicRef\":\"#a\"", "\"pattern\":\"(a*)*$\"", "\"unevaluatedProperties\":false", "data: ",
            "event: error", "\n\n", "\r\n\r\n", "\r", "data: [DONE]\n\n", "\ufeff", "\u00e9", "\ud83d\ude00", "%2e%2e", "%00",
                "/../",
            "//", "?", "#", ";q=0", "&a: *a", "<<: *a", "!!binary x", "---\n", "- ", "  ", "\t", "${HOME}", "${file:/x}", "0\r\n",
            "ffffffffffffffff\r\n", "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "HTTP/1.1 200 OK\r\n", ".", "..",
                "=",
            "eyJhbGciOiJub25lIn0", "W10", "(?=a)", "[^\\p{L}]", "{1,1000}", "|", "*", "+?", "for=\"[::1]\"", ",,", "\0", "\u007f",
        }.Select(Encoding.UTF8.GetBytes),
        [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
    ];

    private readonly Random _random = new(seed);

    /// <summary>A changed copy of one input, perhaps with a part of another.</summary>
    public byte[] Change(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var i = _random.Next(1, ChangesMax); i > 0; i--)
        {
            Change(bytes, other);
        }

        return bytes.Count <= BytesMax ? [.. bytes] : [.. bytes[..BytesMax]];
    }

    /// <summary>One of so many.</summary>
    public int Pick(int count) => _random.Next(count);

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = _random.Next(bytes.Count + 1);
        var length = Math.Min(_random.Next(1, RangeBytesMax), bytes.Count - at);
        switch (_random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4 when bytes.Count > 0:
                var from = _random.Next(bytes.Count);
                bytes.InsertRange(at, bytes.GetRange(from, Math.Min(length, bytes.Count - from)));
                break;
            case 5 when other.Length > 0:
                var start = _random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(start, Math.Min(_random.Next(1, RangeBytesMax),
                    other.Length - start)).ToArray());
                break;
            case 6 when at < bytes.Count:
                // As deep or as long as it gets.
                bytes.InsertRange(at, Enumerable.Repeat(bytes[at], _random.Next(RangeBytesMax * 4)));
                break;
            default:
                bytes.InsertRange(at, Words[_random.Next(Words.Length)]);
                break;
        }
    }
}
