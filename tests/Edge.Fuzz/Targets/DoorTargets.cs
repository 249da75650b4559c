using System.Net;
using System.Text;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;

namespace Edge.Fuzz.Targets;

/// <summary>What reads tokens, addresses, header fields, heads of answers and the configuration file.</summary>
internal static class DoorTargets
{
    private static readonly Nothing Source = new();

    private static readonly JwtPolicy Policy = new()
    {
        Algorithms = JwtAlgorithmSet.Hmac,
        Audiences = ["a"],
        TokenBytesMax = JwtLimits.TokenBytesMax,
    };

    /// <summary>All of them.</summary>
    public static FuzzTarget[] All =>
    [
        new("jwt", Tokens, Jwt),
        new("jwks", KeySets, KeySet),
        new("target", Targets, Target),
        new("fields", Fields, Field),
        new("cache-control", Directives, Directive),
        new("head", Heads, Head),
        new("chunks", Chunks, Chunked),
        new("yaml", Files, Yaml),
    ];

    private static byte[][] Tokens => Texts(
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5LCJhdWQiOlsiYSJdfQ.c2lnbmF0dXJl",
        "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsiYjY0Il19.eyJleHAiOjEuNWU5fQ.AA");

    private static byte[][] KeySets => Texts(
        """{"keys":[{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","kid":"a","alg":"HS256","use":"sig"}]}""",
        """{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"RSA","n":"AQAB","e":"AQAB"}]}""",
        """{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}""");

    private static byte[][] Targets => Texts(
        "/v1/chat/completions?a=b", "/a/./b/../c//d", "http://user@host:80/p?q", "*", "/%2e%2e/%c3%a4%2F", "//x",
            "/a;b=c/..;/d", "");

    private static byte[][] Fields => Texts(
        "for=192.0.2.60;proto=http;by=203.0.113.43, for=\"[2001:db8::1]:4711\"", "a=b; c=\"d\"; e", "gzip;q=0, *;q=0",
            "10.0.0.1, [::1], x",
        "https://example.com:8443", "a=1&b=%20&&=x", "bytes=3-17", "bytes=-5", "bytes=0-");

    private static byte[][] Directives => Texts(
        "max-age=60, s-maxage=\"5\", no-cache=\"a, b\", private", "max-age=10;x=\"y\", no-store=?0, a=(1 b;c :aGk=:), b=-1.5",
        "stale-while-revalidate=99999999999, stale-if-error=1, must-understand, public");

    private static byte[][] Heads => Texts(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/event-stream;"
            + " charset=utf-8\r\nConnection: close, x-a\r\nX-A: b\r\n\r\nhello",
        "HTTP/1.0 304 \r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip, br\r\nTrailer: a\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n");

    private static byte[][] Chunks => Texts(
        "5\r\nhello\r\n0\r\n\r\n", "5;a=b;c=\"d\"\r\nhello\r\n1\r\n!\r\n0\r\nX-A: b\r\nX-B: c\r\n\r\nrest", "00000\r\n\r\n");

    private static byte[][] Files => Texts(
        "listeners: [{ address: 127.0.0.1:8080 }]\nupstreams: { a: { targets: [http://127.0.0.1:1] }"
            + " }\nroutes: [{ name: r, upstream: a }]\n",
        """
        listeners: [{ address: "[::1]:0", requestBodyMax: 1MiB }]
        tiers: { free: { models: ["gpt-*"], requestTokensMax: 10 } }
        upstreams: { a: { dialect: openai, targets: [https://a.example], credential: "${KEY}" } }
        defaults: { requestId: { header: X-Id }, limits: [{ name: l, per: [ip, "claim:x"], tokens: 10, window: 1m }] }
        routes:
          - name: r
            match: { path: "/v1/{x}/*", methods: [POST] }
            validate: { schema: openai-chat }
            rewrite: [{ when: { tier: free }, set: { a: "{body./x}" } }, { clamp: { t: [0, 1] } }]
            metering: {}
            onExhausted: stop
            upstream: a
        """,
        "a: &x [*x]\nb: !!int 3\n? c\n: |\n  d\n");

    private static int Jwt(ReadOnlySpan<byte> input)
    {
        using var reader = JwtReader.Rent();
        var rejection = reader.Read(input);
        if (rejection == JwtRejection.None)
        {
            rejection = reader.Verify(Policy, JwtKeySet.Empty, 1_700_000_000_000);
            FuzzException.ThrowUnless(rejection != JwtRejection.None && !reader.IsVerified, "verified without a key");
        }

        return (int)rejection;
    }

    private static int KeySet(ReadOnlySpan<byte> input)
    {
        var result = JwtKeySet.Parse(input);
        var discovery = JwtDiscovery.Parse(input, "https://id.example.com/");
        return HashCode.Combine(result.Fault, discovery.Fault, result.Keys?.Count);
    }

    private static int Target(ReadOnlySpan<byte> input)
    {
        var text = Encoding.Latin1.GetString(input);
        if (!RequestTarget.TryParse(text, out var target))
        {
            return -1;
        }

        if (!target.IsAsterisk)
        {
            var path = target.Path.ToString();
            FuzzException.ThrowUnless(path.StartsWith('/'), "a path that does not begin");
            FuzzException.ThrowUnless(!path.Split('/').Any(static s => s is "." or ".."), "a path that goes up");
            FuzzException.ThrowUnless(RequestTarget.TryParse(target.Value, out var again), "not read again");
            FuzzException.ThrowUnless(again.Value == target.Value, "read again it says something else");
            FuzzException.ThrowUnless(!target.Value.AsSpan().ContainsAnyExceptInRange('!', '~'),
                "a sign that may not be forwarded");
        }

        return HashCode.Combine(target.IsAsterisk, target.Authority is null, Math.Min(target.Path.Length, 32),
            target.Query.IsEmpty);
    }

    private static int Field(ReadOnlySpan<byte> input)
    {
        var text = Encoding.Latin1.GetString(input);
        var trusted = new TrustedProxies([IPNetwork.Parse("10.0.0.0/8")]);
        var peer = IPAddress.Parse("10.0.0.1");
        var byFor = Forwarding.ClientAddress(peer, text, null, trusted);
        var byForwarded = Forwarding.ClientAddress(peer, null, text, trusted);
        ReadOnlySpan<char> rest = text;
        var parts = 0;
        while (QueryText.TryNext(ref rest, out var parameter))
        {
            parts += QueryText.ValueOf(parameter).Length;
        }

        rest = text;
        while (CookieText.TryNext(ref rest, out var cookie))
        {
            parts += CookieText.ValueOf(cookie).Length;
        }

        var isRange = ByteRange.TryParse(text, out var range);
        var hasBytes = range.TryResolve(input.Length, out var start, out var count);
        FuzzException.ThrowUnless(
            !hasBytes || (isRange && start >= 0 && count > 0 && start <= input.Length - count), "bytes that are not there");
        return HashCode.Combine(
            byFor.Equals(peer), byForwarded.Equals(peer), ContentCodings.RefusesIdentity(text), Math.Min(parts, 8), isRange,
            hasBytes);
    }

    private static int Directive(ReadOnlySpan<byte> input)
    {
        var says = new CacheDirectives();
        says.Take(input);
        var targeted = new CacheDirectives();
        var isTaken = targeted.TryTakeTargeted(input);
        foreach (var some in new[] { says, targeted })
        {
            FuzzException.ThrowUnless(
                some is { MaxAge: >= -1, SharedMaxAge: >= -1, StaleIfError: >= -1, StaleWhileRevalidate: >= -1 },
                "a time before none");
        }

        var names = CacheDirectives.TargetedNames(input, "a"u8);
        FuzzException.ThrowUnless(!(isTaken && names) || targeted.NamesFields, "names what it does not name");
        var members = new StructuredMembers(input);
        var count = 0;
        while (members.TryNext(out _, out _))
        {
            count++;
        }

        FuzzException.ThrowUnless(isTaken == (count > 0 && !members.IsBad), "taken though it says nothing");
        return HashCode.Combine(
            isTaken, names, Math.Min(count, 8), says.NamesFields, targeted.NoStore, targeted.MaxAge < 0, targeted.Private);
    }

    private static int Head(ReadOnlySpan<byte> input)
    {
        var whole = new ResponseHead(16 * 1024);
        var status = whole.Parse(input, out var consumed);
        var cut = input.Length == 0 ? 0 : (input[^1] * 7919) % (input.Length + 1);
        var parts = new ResponseHead(16 * 1024);
        if (parts.Parse(input[..cut], out _) == ParseStatus.NeedMore)
        {
            FuzzException.ThrowUnless(parts.Parse(input, out _) == status, $"cut at {cut} it says something else");
            FuzzException.ThrowUnless(
                parts.StatusCode == whole.StatusCode && parts.HeaderCount == whole.HeaderCount
                && parts.ContentLength == whole.ContentLength, $"cut at {cut} it has another head");
        }

        FuzzException.ThrowUnless(consumed <= input.Length, "consumed more than there was");
        return status == ParseStatus.Complete
            ? HashCode.Combine(whole.StatusCode / 100, whole.HeaderCount, whole.CodingOf(input), whole.MayPersist)
            : HashCode.Combine(status, whole.Fault?.GetHashCode(StringComparison.Ordinal));
    }

    private static int Chunked(ReadOnlySpan<byte> input)
    {
        var cut = input.Length == 0 ? 0 : (input[^1] * 7919) % (input.Length + 1);
        var whole = Dechunk(input, input.Length, out var fault);
        var parts = Dechunk(input, cut, out var other);
        FuzzException.ThrowUnless(whole.AsSpan().SequenceEqual(parts) && fault == other, $"cut at {cut} it says something else");
        return HashCode.Combine(Math.Min(whole.Length, 32), fault?.GetHashCode(StringComparison.Ordinal));
    }

    private static byte[] Dechunk(ReadOnlySpan<byte> input, int cut, out string? fault)
    {
        var decoder = default(ChunkedDecoder);
        using var data = new MemoryStream();
        foreach (var range in new[] { new Range(0, cut), new Range(cut, ^0) })
        {
            var rest = input[range];
            while (!rest.IsEmpty)
            {
                var status = decoder.Read(rest, out var consumed, out var start, out var length);
                if (status == ChunkedStatus.Data)
                {
                    data.Write(rest.Slice(start, length));
                }
                else if (status is ChunkedStatus.End or ChunkedStatus.Invalid)
                {
                    fault = status == ChunkedStatus.End ? "end" : "invalid";
                    return data.ToArray();
                }

                rest = rest[consumed..];
            }
        }

        fault = null;
        return data.ToArray();
    }

    private static int Yaml(ReadOnlySpan<byte> input)
    {
        var result = ConfigurationLoader.LoadText(Encoding.UTF8.GetString(input), "/etc/edge.yaml", Source);
        FuzzException.ThrowUnless(result.IsValid == (result.Diagnostics.Length == 0), "valid with errors, or not without");
        return result.IsValid ? 1 : HashCode.Combine(
            result.Diagnostics.Length, result.Diagnostics[0].Message.Split('\'', '\"')[^1].GetHashCode(StringComparison.Ordinal));
    }

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private sealed class Nothing : IConfigurationSource
    {
        public string? GetVariable(string name) => name == "KEY" ? "sk-x" : null;

        public FileContent ReadFile(string path, int bytesMax) => new(FileOutcome.NotFound, default);
    }
}
