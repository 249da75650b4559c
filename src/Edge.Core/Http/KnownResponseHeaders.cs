using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;

namespace Edge.Core.Http;

/// <summary>
/// The names of response header fields that are often seen, as one shared string each, so that copying a field allocates no
/// name. Where Kestrel knows a name too it is spelled in the same way, which makes its own lookup a comparison of references.
/// A hash table over three words of the name; immutable after start, free for all threads.
/// </summary>
public static class KnownResponseHeaders
{
    /// <summary>All numbers are less than this.</summary>
    public const int NumberCountMax = 128;

    /// <summary>Age. From here up to Via are the names that this gateway itself writes on many answers.</summary>
    public const int Age = 1;

    /// <summary>Cache-Status.</summary>
    public const int CacheStatus = 2;

    /// <summary>X-Cache.</summary>
    public const int XCache = 3;

    /// <summary>X-Cache-Key.</summary>
    public const int XCacheKey = 4;

    /// <summary>RateLimit.</summary>
    public const int RateLimit = 5;

    /// <summary>RateLimit-Policy.</summary>
    public const int RateLimitPolicy = 6;

    /// <summary>X-RateLimit-Limit; behind it come X-RateLimit-Remaining and X-RateLimit-Reset.</summary>
    public const int XRateLimit = 7;

    /// <summary>The first of three names by which OpenAI tells of a limit of requests: limit, remaining, reset.</summary>
    public const int OpenAIRequests = 10;

    /// <summary>Likewise of tokens.</summary>
    public const int OpenAITokens = 13;

    /// <summary>The first of three names by which Anthropic tells of a limit of requests: limit, remaining, reset.</summary>
    public const int AnthropicRequests = 16;

    /// <summary>Likewise of tokens.</summary>
    public const int AnthropicTokens = 19;

    /// <summary>Likewise of input tokens.</summary>
    public const int AnthropicInputTokens = 22;

    /// <summary>Likewise of output tokens.</summary>
    public const int AnthropicOutputTokens = 25;

    /// <summary>Via.</summary>
    public const int Via = 28;

    /// <summary>Date.</summary>
    public const int Date = 29;

    /// <summary>A power of two, about five times the number of names, so that most lookups end at the first slot.</summary>
    private const int SlotCount = 512;

    /// <summary>Names by number; number 0 is "unknown".</summary>
    private static readonly string?[] Names;

    /// <summary>Names by number as a line of a head begins: an end of line, the name, a colon and a space.</summary>
    private static readonly byte[][] LineStarts;

    /// <summary>Kinds by number.</summary>
    private static readonly ResponseHeaderKind[] Kinds;

    /// <summary>Numbers of names by hash; 0 is a free slot.</summary>
    private static readonly byte[] Slots = new byte[SlotCount];

    static KnownResponseHeaders()
    {
        string[] own = OwnNames();
        string[] other = OtherNames();
        (string Name, ResponseHeaderKind Kind)[] special = SpecialNames();
        Names = new string?[1 + own.Length + special.Length + other.Length];
        LineStarts = new byte[Names.Length][];
        LineStarts[0] = [];
        Kinds = new ResponseHeaderKind[Names.Length];
        Debug.Assert(Names.Length <= NumberCountMax, "a number is one of few");
        var number = 1;
        foreach (var name in own)
        {
            Add(number++, name, ResponseHeaderKind.Other);
        }

        Debug.Assert(number == Via, "the constants are in the order of the names");
        foreach (var (name, kind) in special)
        {
            Add(number++, name, kind);
        }

        foreach (var name in other)
        {
            Add(number++, name, ResponseHeaderKind.Other);
        }
    }

    /// <summary>All names.</summary>
    public static IEnumerable<string> All => Names[1..]!;

    /// <summary>The number of a name in whatever case; 0 where it is not a known one.</summary>
    public static int NumberOf(ReadOnlySpan<byte> name)
    {
        var slot = Hash(name);
        while (true)
        {
            var number = Slots[slot & (SlotCount - 1)];
            if (number == 0 || Ascii.EqualsIgnoreCase(name, Names[number]))
            {
                return number;
            }

            slot++;
        }
    }

    /// <summary>How many places a lookup looks at, for tests.</summary>
    internal static int ProbesFor(ReadOnlySpan<byte> name)
    {
        var probes = 1;
        for (var slot = Hash(name); Slots[slot & (SlotCount - 1)] != NumberOf(name); slot++)
        {
            probes++;
        }

        return probes;
    }

    /// <summary>The name with a number; null for 0.</summary>
    public static string? NameOf(int number) => Names[number];

    /// <summary>How a line of a head with a known name begins: an end of line, the name, a colon and a space.</summary>
    public static ReadOnlySpan<byte> LineStartOf(int number) => LineStarts[number];

    /// <summary>Most bytes of <see cref="LineStartOf"/>.</summary>
    public static int LineStartBytesMax { get; private set; }

    /// <summary>The kind of the name with a number; <see cref="ResponseHeaderKind.Other"/> for 0.</summary>
    public static ResponseHeaderKind KindOf(int number) => Kinds[number];

    private static void Add(int number, string name, ResponseHeaderKind kind)
    {
        Names[number] = name;
        LineStarts[number] = Encoding.ASCII.GetBytes($"\r\n{name}: ");
        LineStartBytesMax = Math.Max(LineStartBytesMax, LineStarts[number].Length);
        Kinds[number] = kind;
        var slot = Hash(Encoding.ASCII.GetBytes(name));
        while (Slots[slot & (SlotCount - 1)] != 0)
        {
            slot++;
        }

        Slots[slot & (SlotCount - 1)] = (byte)number;
    }

    /// <summary>
    /// Mixes length, first, middle and last four bytes. The bit 0x20 is set in each, which makes the case of letters irrelevant;
    /// that a few other bytes fall together does no harm, since a hit is compared in full. The middle is needed to tell
    /// x-ratelimit-limit-tokens from x-ratelimit-reset-tokens.
    /// </summary>
    private static uint Hash(ReadOnlySpan<byte> name)
    {
        const uint Lower = 0x20202020;
        uint first, middle, last;
        if (name.Length >= sizeof(uint))
        {
            first = BinaryPrimitives.ReadUInt32LittleEndian(name);
            middle = BinaryPrimitives.ReadUInt32LittleEndian(name[((name.Length / 2) - 2)..]);
            last = BinaryPrimitives.ReadUInt32LittleEndian(name[^sizeof(uint)..]);
        }
        else
        {
            first = name.Length > 0 ? name[0] : 0u;
            middle = name.Length > 1 ? name[1] : 0u;
            last = name.Length > 2 ? name[2] : 0u;
        }

        var hash = ((first | Lower) * 0x9E3779B1u) + ((middle | Lower) * 0x85EBCA77u) + ((last | Lower) * 0xC2B2AE3Du);
        hash = ((hash ^ (hash >> 15)) + (uint)name.Length) * 0x27D4EB2Fu;
        return hash >> 23;
    }

    private static string[] OwnNames() =>
    [
        "Age", "Cache-Status", "X-Cache", "X-Cache-Key", "RateLimit", "RateLimit-Policy",
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
        "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
        "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
        "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset",
        "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset",
        "anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
        "anthropic-ratelimit-output-tokens-limit", "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ];

    private static (string Name, ResponseHeaderKind Kind)[] SpecialNames() =>
    [
        ("Via", ResponseHeaderKind.Via),
        ("Date", ResponseHeaderKind.Date),
        ("Alt-Svc", ResponseHeaderKind.AltSvc),
        ("Connection", ResponseHeaderKind.HopByHop),
        ("Keep-Alive", ResponseHeaderKind.HopByHop),
        ("Proxy-Connection", ResponseHeaderKind.HopByHop),
        ("Proxy-Authenticate", ResponseHeaderKind.HopByHop),
        ("Proxy-Authentication-Info", ResponseHeaderKind.HopByHop),
        ("TE", ResponseHeaderKind.HopByHop),
        ("Trailer", ResponseHeaderKind.HopByHop),
        ("Transfer-Encoding", ResponseHeaderKind.HopByHop),
        ("Upgrade", ResponseHeaderKind.HopByHop),
        ("Content-Length", ResponseHeaderKind.ContentLength),
        ("Content-Type", ResponseHeaderKind.ContentType),
        ("Content-Encoding", ResponseHeaderKind.ContentEncoding),
        ("Server", ResponseHeaderKind.Server),
        ("Set-Cookie", ResponseHeaderKind.SetCookie),
    ];

    private static string[] OtherNames() =>
    [
        "Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Allow",
        "Cache-Control", "Content-Disposition", "Content-Language", "Content-Location", "Content-Range",
        "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Deprecation", "ETag",
        "Expires", "Last-Modified", "Link", "Location", "NEL", "Permissions-Policy", "Pragma", "Proxy-Status",
        "Referrer-Policy", "Report-To", "Retry-After", "Server-Timing", "Strict-Transport-Security", "Sunset",
        "Timing-Allow-Origin", "Vary", "WWW-Authenticate", "X-Accel-Buffering", "X-Content-Type-Options", "X-Frame-Options",
        "X-Powered-By", "X-XSS-Protection", "traceparent", "cf-cache-status", "cf-ray", "request-id", "retry-after-ms",
        "X-Request-ID", "x-should-retry", "x-correlation-id", "x-envoy-upstream-service-time", "openai-model",
        "openai-organization", "openai-processing-ms", "openai-project", "openai-version", "anthropic-organization-id",
        "x-robots-tag", "x-ms-region", "x-ms-request-id", "apim-request-id",
    ];
}
