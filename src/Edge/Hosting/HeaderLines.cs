using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Templating;

namespace Edge.Hosting;

/// <summary>Header lines as they go upstream, made once; only placeholders are filled in for each request. Immutable.</summary>
internal sealed class HeaderLines
{
    private readonly (byte[] Bytes, Template? Value)[] _pieces;

    /// <summary>Prepares the lines, in this order.</summary>
    public HeaderLines(IReadOnlyList<HeaderValue> headers)
    {
        var pieces = new List<(byte[], Template?)>();
        var bytes = new HeadBuffer();
        foreach (var header in headers)
        {
            if (!header.Value.IsLiteral && bytes.Length > 0)
            {
                pieces.Add((bytes.Written.ToArray(), null));
                bytes.Clear();
            }

            bytes.WriteLatin1(header.Name);
            bytes.Write(": "u8);
            if (header.Value.IsLiteral)
            {
                bytes.WriteLatin1(header.Value.LiteralText);
                bytes.Write("\r\n"u8);
            }
            else
            {
                pieces.Add((bytes.Written.ToArray(), header.Value));
                bytes.Clear();
            }
        }

        if (bytes.Length > 0)
        {
            pieces.Add((bytes.Written.ToArray(), null));
        }

        bytes.ReturnMemory();
        _pieces = [.. pieces];
    }

    /// <summary>Writes them. A line whose placeholder has no value is left out. Allocates nothing.</summary>
    public void Write(HeadBuffer to, in TemplateValues values)
    {
        foreach (var (bytes, value) in _pieces)
        {
            var start = to.Length;
            to.Write(bytes);
            if (value is null)
            {
                continue;
            }

            if (value.TryWrite(to, values))
            {
                to.Write("\r\n"u8);
            }
            else
            {
                to.Truncate(start);
            }
        }
    }
}
