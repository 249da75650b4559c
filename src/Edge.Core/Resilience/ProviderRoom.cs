using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Resilience;

/// <summary>What is left of one of a provider's limits.</summary>
/// <param name="Limit">What there is in all; 0: not known.</param>
/// <param name="Remaining">What is left.</param>
/// <param name="ResetsIn">When all of it is there again; null: not known.</param>
public readonly record struct RoomFigures(long Limit, long Remaining, TimeSpan? ResetsIn);

/// <summary>
/// What a provider says in an answer of the limits of the credential that was used: the headers <c>x-ratelimit-*</c> of OpenAI
/// and those that follow it, and <c>anthropic-ratelimit-*</c>. A value that cannot be understood is as good as none.
/// </summary>
/// <param name="Requests">Limit of requests; null: nothing was said.</param>
/// <param name="Tokens">Limit of tokens, the tightest where there are several; null: nothing was said.</param>
public readonly record struct ProviderRoom(RoomFigures? Requests, RoomFigures? Tokens)
{
    private const int KindCount = 4;

    private enum Kind
    {
        Requests,
        Tokens,
        InputTokens,
        OutputTokens,
    }

    /// <summary>Reads a head. Allocates nothing.</summary>
    /// <param name="head">The answer's head, whole.</param>
    /// <param name="received">Its bytes.</param>
    /// <param name="now">For moments of time.</param>
    public static ProviderRoom Read(ResponseHead head, ReadOnlySpan<byte> received, DateTimeOffset now)
    {
        Span<RoomFigures> figures = stackalloc RoomFigures[KindCount];
        for (var i = 0; i < KindCount; i++)
        {
            figures[i] = new RoomFigures(0, -1, null);
        }

        for (var i = 0; i < head.HeaderCount; i++)
        {
            var name = head[i].Name(received);
            if (name.Length > 18 && StartsWith(name, "x-ratelimit-"u8))
            {
                ReadOpenAI(name["x-ratelimit-"u8.Length..], head[i].Value(received), figures);
            }
            else if (name.Length > 26 && StartsWith(name, "anthropic-ratelimit-"u8))
            {
                ReadAnthropic(name["anthropic-ratelimit-"u8.Length..], head[i].Value(received), now, figures);
            }
        }

        var requests = figures[(int)Kind.Requests];
        RoomFigures? tightest = null;
        for (var i = (int)Kind.Tokens; i < KindCount; i++)
        {
            if (figures[i].Remaining >= 0 && (tightest is not { } other || Share(figures[i]) < Share(other)))
            {
                tightest = figures[i];
            }
        }

        return new ProviderRoom(requests.Remaining >= 0 ? requests : null, tightest);
    }

    /// <summary>Reads a time as OpenAI writes it: <c>12ms</c>, <c>1.5s</c>, <c>6m0s</c>, <c>1h2m3s</c>, <c>1d</c>.</summary>
    /// <returns>Null where it is none.</returns>
    public static TimeSpan? ReadDuration(ReadOnlySpan<byte> text)
    {
        double ms = 0;
        var isEmpty = true;
        while (!text.IsEmpty)
        {
            if (!char.IsAsciiDigit((char)text[0]) || !Utf8Parser.TryParse(text, out double number, out var used, 'F'))
            {
                return null;
            }

            text = text[used..];
            var unit = text.StartsWith("ms"u8) ? 1 : text.IsEmpty ? 0 : (char)text[0] switch
            {
                's' => 1000,
                'm' => 60_000,
                'h' => 3_600_000,
                'd' => 86_400_000,
                _ => 0,
            };
            if (unit == 0)
            {
                return null;
            }

            text = text[(unit == 1 ? 2 : 1)..];
            ms += number * unit;
            isEmpty = false;
        }

        return isEmpty || !(ms <= RetryAfter.Max.TotalMilliseconds * 366) ? null : TimeSpan.FromMilliseconds(ms);
    }

    private static double Share(RoomFigures figures) => figures.Limit > 0 ? (double)figures.Remaining / figures.Limit : 1;

    private static bool StartsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix) =>
        Ascii.EqualsIgnoreCase(name[..prefix.Length], prefix);

    private static void ReadOpenAI(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<RoomFigures> figures)
    {
        var dash = name.IndexOf((byte)'-');
        if (dash > 0 && KindOf(name[(dash + 1)..]) is >= 0 and var kind)
        {
            Take(name[..dash], value, ReadDuration(value), ref figures[kind]);
        }
    }

    private static void ReadAnthropic(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DateTimeOffset now, Span<RoomFigures> figures)
    {
        var dash = name.LastIndexOf((byte)'-');
        if (dash > 0 && KindOf(name[..dash]) is >= 0 and var kind)
        {
            Take(name[(dash + 1)..], value, ReadMoment(value, now), ref figures[kind]);
        }
    }

    private static int KindOf(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "requests"u8) ? (int)Kind.Requests
        : Ascii.EqualsIgnoreCase(name, "tokens"u8) ? (int)Kind.Tokens
        : Ascii.EqualsIgnoreCase(name, "input-tokens"u8) ? (int)Kind.InputTokens
        : Ascii.EqualsIgnoreCase(name, "output-tokens"u8) ? (int)Kind.OutputTokens
        : -1;

    private static void Take(ReadOnlySpan<byte> what, ReadOnlySpan<byte> value, TimeSpan? reset, ref RoomFigures figures)
    {
        if (Ascii.EqualsIgnoreCase(what, "reset"u8))
        {
            figures = figures with { ResetsIn = reset };
            return;
        }

        if (!Utf8Parser.TryParse(value, out long number, out var used) || used != value.Length || number < 0)
        {
            return;
        }

        if (Ascii.EqualsIgnoreCase(what, "limit"u8))
        {
            figures = figures with { Limit = number };
        }
        else if (Ascii.EqualsIgnoreCase(what, "remaining"u8))
        {
            figures = figures with { Remaining = number };
        }
    }

    private static TimeSpan? ReadMoment(ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        Span<char> text = stackalloc char[40];
        if (value.Length > text.Length || Encoding.ASCII.GetChars(value, text) is var length
            && !DateTimeOffset.TryParse(
                text[..length], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
        {
            return null;
        }

        return moment <= now ? TimeSpan.Zero : moment - now;
    }
}
