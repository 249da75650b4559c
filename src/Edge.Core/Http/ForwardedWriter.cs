using System.Buffers;
using Edge.Core.Configuration;
using Edge.Core.Memory;

namespace Edge.Core.Http;

/// <summary>
/// Writes the header lines that tell a service who called: X-Forwarded-For, -Proto and -Host, and RFC 7239's Forwarded. The
/// caller's own lines of these names must have been taken off. Allocates nothing; stateless; safe from any thread.
/// </summary>
/// <remarks>
/// A header injection is not possible: of what comes from outside, only characters of the respective grammar are copied, and a
/// value that breaks it is left out.
/// </remarks>
public static class ForwardedWriter
{
    // Field names, separators, quotes, scheme and line ends of all four lines: 110 bytes, which a test holds to this.
    private const int FixedBytesMax = 128;

    /// <summary>Writes the lines that the mode asks for, each with its CRLF.</summary>
    public static void Write(IBufferWriter<byte> to, ForwardedHeaders mode, in ForwardedRequest request)
    {
        if (mode != ForwardedHeaders.None)
        {
            to.Advance(Write(to.GetSpan(LengthMax(request)), mode, request));
        }
    }

    /// <summary>The same, into a span of at least <see cref="LengthMax"/> bytes.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> to, ForwardedHeaders mode, in ForwardedRequest request)
    {
        var line = new ByteCursor(to);
        var host = ForwardedSyntax.IsAuthority(request.Host) ? request.Host : default;
        if (mode is ForwardedHeaders.Both or ForwardedHeaders.XForwarded)
        {
            WriteXForwarded(ref line, request, host);
        }

        if (mode is ForwardedHeaders.Both or ForwardedHeaders.Rfc7239)
        {
            WriteForwarded(ref line, request, host);
        }

        return line.Length;
    }

    /// <summary>Most bytes that can be written for a request, whatever the mode.</summary>
    public static int LengthMax(in ForwardedRequest request)
    {
        var own = FixedBytesMax + (2 * request.Peer.Length) + (2 * Math.Min(request.Host.Length, Forwarding.HostCharsMax));
        return !request.Trusted ? own : own
            + Math.Min(request.ForwardedFor.Length, Forwarding.ChainCharsMax)
            + Math.Min(request.ForwardedHost.Length, Forwarding.HostCharsMax)
            + Math.Min(request.Forwarded.Length, Forwarding.ChainCharsMax);
    }

    private static void WriteXForwarded(ref ByteCursor line, in ForwardedRequest request, ReadOnlySpan<char> host)
    {
        var chain = request.Trusted ? WellFormedEnd(request.ForwardedFor) : default;
        if (!chain.IsEmpty || !request.Peer.IsEmpty)
        {
            line.Write("X-Forwarded-For: "u8);
            line.WriteLatin1(chain);
            if (!chain.IsEmpty && !request.Peer.IsEmpty)
            {
                line.Write(", "u8);
            }

            line.Write(request.Peer);
            line.Write("\r\n"u8);
        }

        line.Write(IsHttps(request) ? "X-Forwarded-Proto: https\r\n"u8 : "X-Forwarded-Proto: http\r\n"u8);
        var known = request.Trusted && ForwardedSyntax.IsAuthority(request.ForwardedHost) ? request.ForwardedHost : host;
        if (!known.IsEmpty)
        {
            line.Write("X-Forwarded-Host: "u8);
            line.WriteLatin1(known);
            line.Write("\r\n"u8);
        }
    }

    // Each proxy adds an element about the connection that it sees itself: hence our scheme and host, not the trusted peer's.
    private static void WriteForwarded(ref ByteCursor line, in ForwardedRequest request, ReadOnlySpan<char> host)
    {
        line.Write("Forwarded: "u8);
        var chain = request.Trusted ? WellFormed(request.Forwarded) : default;
        if (!chain.IsEmpty)
        {
            line.WriteLatin1(chain);
            line.Write(", "u8);
        }

        if (request.Peer.IsEmpty)
        {
            line.Write("for=unknown"u8);
        }
        else
        {
            var bracketed = request.Peer.Contains((byte)':');
            line.Write(bracketed ? "for=\"["u8 : "for="u8);
            line.Write(request.Peer);
            line.Write(bracketed ? "]\""u8 : default);
        }

        if (!host.IsEmpty)
        {
            // Quoted only where it must be: a colon or a bracket is not a token character.
            var quoted = host.ContainsAny(':', '[');
            line.Write(quoted ? ";host=\""u8 : ";host="u8);
            line.WriteLatin1(host);
            line.Write(quoted ? "\""u8 : default);
        }

        line.Write(request.Https ? ";proto=https\r\n"u8 : ";proto=http\r\n"u8);
    }

    private static bool IsHttps(in ForwardedRequest request)
    {
        if (request.Trusted)
        {
            if (request.ForwardedProto.Equals("https", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }

            if (request.ForwardedProto.Equals("http", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return request.Https;
    }

    /// <summary>
    /// The well-formed end of an X-Forwarded-For list: what trusted proxies appended stands there, and must not be lost because
    /// the caller began the list with something else.
    /// </summary>
    private static ReadOnlySpan<char> WellFormedEnd(ReadOnlySpan<char> chain)
    {
        var start = chain.Length;
        for (var count = 0; count < Forwarding.ChainCountMax && start > 0; count++)
        {
            // From the second element on, the comma before the elements already taken is not part of this one.
            var end = count == 0 ? start : start - 1;
            var comma = chain[..end].LastIndexOf(',');
            var tooLong = chain.Length - (comma + 1) > Forwarding.ChainCharsMax;
            if (tooLong || !ForwardedSyntax.IsNode(chain[(comma + 1)..end].Trim(" \t")))
            {
                break;
            }

            start = comma + 1;
        }

        return chain[start..].Trim(" \t");
    }

    private static ReadOnlySpan<char> WellFormed(ReadOnlySpan<char> chain)
    {
        Span<Range> nodes = stackalloc Range[Forwarding.ChainCountMax];
        return chain.Length <= Forwarding.ChainCharsMax && ForwardedSyntax.TryReadForwarded(chain, nodes, out _)
            ? chain.Trim(" \t")
            : default;
    }
}
