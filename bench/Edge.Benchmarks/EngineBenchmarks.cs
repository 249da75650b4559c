using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Core.Resilience;
using Edge.Core.Routing;
using Edge.Core.Telemetry;

namespace Edge.Benchmarks;

/// <summary>
/// Each engine of Edge.Core that a request meets, alone. None of them may allocate: the column "Allocated" is held to
/// <c>bench/allocations.json</c> by <c>--gate</c>; the times are for reading.
/// </summary>
[MemoryDiagnoser]
public partial class EngineBenchmarks
{
    private static readonly byte[] ShortHead =
    [
        .. "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n"u8,
        .. "Server: origin\r\nContent-Length: 1024\r\n\r\n"u8,
    ];

    private static readonly byte[] LongHead = MakeLongHead();
    private static readonly byte[] Chunks = MakeChunks();
    private static readonly byte[] Event = Encoding.ASCII.GetBytes("data: " + new string('x', 242) + "\n\n");
    private static readonly byte[] Peer = "192.0.2.17"u8.ToArray();

    private readonly ResponseHead _head = new(64 * 1024);
    private readonly HeaderValueCache _values = new();
    private readonly HeadBuffer _buffer = new();
    private readonly Router<string> _oneRoute = MakeRouter(1);
    private readonly Router<string> _manyRoutes = MakeRouter(10_000);
    private readonly StreamEnding _ending = new();
    private readonly LimitScene _limits = new();
    private readonly OverloadGate _gate = new(
        new OverloadPlan
        {
            ShedFirst = ["free"],
            ConcurrentMin = 8,
            ConcurrentMax = 1000,
            QueueMax = 100,
            QueueTimeout = TimeSpan.FromMilliseconds(500),
        },
        TimeProvider.System);
    private readonly StripedCounter _counter = new();
    private readonly HistogramSeries _histogram = new MetricRegistry().Histogram(
        "wait", "s", 1e9, [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10], "How long").Of();
    private SseEventTracker _events;

    [Benchmark]
    public void AddToCounter() => _counter.Increment();

    [Benchmark]
    public void RecordInHistogram() => _histogram.Record(12_000_000);

    [Benchmark]
    public bool ParseTarget() => RequestTarget.TryParse("/v1/chat/completions?api-version=2024-10-21", out _);

    [Benchmark]
    public RouteOutcome RouteAmongOne() => _oneRoute.Match("api.example.com", "/v1/route0/items", "POST").Outcome;

    [Benchmark]
    public RouteOutcome RouteAmongTenThousand() => _manyRoutes.Match("api.example.com", "/v1/route7777/items", "POST").Outcome;

    [Benchmark]
    public int ParseShortHead() => ParseHead(ShortHead);

    [Benchmark]
    public int ParseLongHead() => ParseHead(LongHead);

    [Benchmark]
    public int CopyHeaderValues()
    {
        _head.Reset();
        _head.Parse(LongHead, out _);
        var length = 0;
        for (var i = 0; i < _head.HeaderCount; i++)
        {
            ref readonly var field = ref _head[i];
            length += (KnownResponseHeaders.NameOf(field.Number) ?? _values.Get(field.Name(LongHead))).Length
                + _values.Get(field.Value(LongHead)).Length;
        }

        return length;
    }

    [Benchmark]
    public int DecodeChunks()
    {
        var decoder = default(ChunkedDecoder);
        var input = Chunks.AsSpan();
        var length = 0;
        while (decoder.Read(input, out var consumed, out _, out var run) == ChunkedStatus.Data)
        {
            input = input[consumed..];
            length += run;
        }

        return length;
    }

    [Benchmark]
    public int FollowEvent() => _events.LastEventEnd(Event);

    [Benchmark]
    public int WriteRequestHead()
    {
        // As a request goes upstream: its line, what is copied of the caller's fields, and what the gateway adds.
        _buffer.Clear();
        _buffer.Write("POST "u8);
        _buffer.WriteLatin1("/v1/chat/completions");
        _buffer.Write(" HTTP/1.1\r\nHost: api.example.com\r\n"u8);
        for (var i = 0; i < RequestNames.Length; i++)
        {
            var name = RequestNames[i];
            var value = RequestValues[i];
            if (RequestHeaderKinds.Of(name) is RequestHeaderKind.EndToEnd or RequestHeaderKind.Credential
                && FieldText.IsToken(name) && FieldText.IsValue(value))
            {
                _buffer.WriteLatin1(name);
                _buffer.Write(": "u8);
                _buffer.WriteLatin1(value);
                _buffer.Write("\r\n"u8);
            }
        }

        ForwardedWriter.Write(_buffer, ForwardedHeaders.Both,
            new ForwardedRequest { Peer = Peer, Https = true, Host = "api.example.com" });
        _buffer.Write("Content-Length: "u8);
        _buffer.WriteDecimal(1200);
        _buffer.Write("\r\n\r\n"u8);
        return _buffer.Length;
    }

    [Benchmark]
    public bool FollowStreamEnding()
    {
        _ending.Take(Event);
        return _ending.HasCome;
    }

    [Benchmark]
    public int WriteForwarded()
    {
        _buffer.Clear();
        ForwardedWriter.Write(_buffer, ForwardedHeaders.Both,
            new ForwardedRequest { Peer = Peer, Https = true, Host = "api.example.com" });
        return _buffer.Length;
    }

    [Benchmark]
    public int ClassifyRequestHeaders()
    {
        var copied = 0;
        foreach (var name in RequestNames)
        {
            copied += RequestHeaderKinds.Of(name) == RequestHeaderKind.EndToEnd && FieldText.IsToken(name) ? 1 : 0;
        }

        return copied;
    }

    [Benchmark]
    public bool TakeOfBucket() => _limits.TakeOfBucket();

    [Benchmark]
    public bool TakeByKey() => _limits.TakeByKey();

    [Benchmark]
    public bool TakeFourLimits() => _limits.TakeFourLimits();

    [Benchmark]
    public bool TakeOfSlice() => _limits.TakeOfSlice();

    [Benchmark]
    public bool TakeOfKeptBucket() => _limits.TakeOfKeptBucket();

    [Benchmark]
    public bool EnterAndLeaveGate()
    {
        var isIn = _gate.TryEnter();
        _gate.Leave(_gate.NowNs, OverloadOutcome.Answered);
        return isIn;
    }

    private static readonly string[] RequestNames =
        ["Accept", "Host", "User-Agent", "Authorization", "Content-Type", "Content-Length",
         "Accept-Encoding", "Connection", "X-Stainless-Lang"];

    private static readonly string[] RequestValues =
        ["application/json", "gateway.example.com", "AsyncOpenAI/Python 2.8.1", "Bearer sk-0123456789abcdef0123456789abcdef",
         "application/json", "1200", "gzip, deflate", "keep-alive", "python"];

    private int ParseHead(byte[] head)
    {
        _head.Reset();
        _head.Parse(head, out var consumed);
        return consumed;
    }

    private static byte[] MakeLongHead()
    {
        var head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        head.Append("Date: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Type: text/event-stream; charset=utf-8\r\n");
        head.Append("Transfer-Encoding: chunked\r\n");
        head.Append("access-control-expose-headers: X-Request-ID\r\nopenai-organization: org\r\nopenai-processing-ms: 120\r\n");
        head.Append("openai-version: 2020-10-01\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-limit-tokens: 200000\r\n");
        head.Append("x-ratelimit-remaining-requests: 9999\r\nx-ratelimit-remaining-tokens: 199950\r\n");
        head.Append("x-ratelimit-reset-requests: 8.64s\r\n");
        head.Append("x-ratelimit-reset-tokens: 15ms\r\nx-request-id: req_1\r\nstrict-transport-security: max-age=31536000\r\n");
        head.Append("cf-cache-status: DYNAMIC\r\nX-Content-Type-Options: nosniff\r\nServer: cloudflare\r\nCF-RAY: 1-FRA\r\n\r\n");
        return Encoding.ASCII.GetBytes(head.ToString());
    }

    private static byte[] MakeChunks()
    {
        var body = new StringBuilder();
        for (var i = 0; i < 16; i++)
        {
            body.Append("fa\r\n").Append('x', 250).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(body.Append("0\r\n\r\n").ToString());
    }

    private static Router<string> MakeRouter(int count)
    {
        var upstream = new UpstreamPlan
        {
            Name = "origin",
            Dialect = Dialect.Http,
            Targets = [new TargetPlan(false, IPAddress.Loopback.ToString(), 80, "127.0.0.1", "")],
        };
        var routes = new List<(RoutePlan, string)>(count);
        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"route{i}");
            routes.Add((new RoutePlan
            {
                Name = name,
                Hosts = ImmutableArray.Create("api.example.com"),
                Path = new PathPattern(PathPatternKind.Prefix, $"/v1/{name}/*"),
                Methods = ["POST"],
                Upstream = upstream,
            }, name));
        }

        return new Router<string>(routes);
    }
}
