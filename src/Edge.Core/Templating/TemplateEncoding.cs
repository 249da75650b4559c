using System.Buffers;
using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Templating;

/// <summary>Makes any text fit into a part of a header's value: see <see cref="Template"/>.</summary>
internal static class TemplateEncoding
{
    private const int Utf8BytesMax = 4;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !#$&'()*+-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>True where the text stands for itself.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExcept(Plain) && (text.IsEmpty || (text[0] != ' ' && text[^1] != ' '));

    /// <summary>Writes the text, with everything percent-encoded that could be taken for more than it is.</summary>
    public static void Write(HeadBuffer to, ReadOnlySpan<char> text)
    {
        if (IsPlain(text))
        {
            to.WriteLatin1(text);
            return;
        }

        Span<byte> utf8 = stackalloc byte[Utf8BytesMax];
        var isFirst = true;
        while (!text.IsEmpty)
        {
            // A lone surrogate becomes U+FFFD.
            Rune.DecodeFromUtf16(text, out var rune, out var consumed);
            var isOuterSpace = rune.Value == ' ' && (isFirst || consumed == text.Length);
            if (rune.IsAscii && Plain.Contains((char)rune.Value) && !isOuterSpace)
            {
                to.WriteLatin1(text[..1]);
            }
            else
            {
                WriteEncoded(to, utf8[..rune.EncodeToUtf8(utf8)]);
            }

            text = text[consumed..];
            isFirst = false;
        }
    }

    private static void WriteEncoded(HeadBuffer to, ReadOnlySpan<byte> utf8)
    {
        foreach (var value in utf8)
        {
            var span = to.GetSpan(3);
            span[0] = (byte)'%';
            span[1] = (byte)"0123456789ABCDEF"[value >> 4];
            span[2] = (byte)"0123456789ABCDEF"[value & 0xF];
            to.Advance(3);
        }
    }
}
