using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Edge.Allocations;
using Edge.Commands;
using Edge.Core.Configuration;
using Edge.Core.Identity;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Upstream;
using Microsoft.Extensions.Logging.Abstractions;

// What one request costs the collector, measured on the whole running gateway: caller and upstream are blocking sockets on
// threads of their own that allocate nothing, so what the process allocates is the gateway's, Kestrel included.
// Exact to a few bytes; each figure is held to bench/allocations.json.
RuntimeSwitches.Set();
using var origin = new Origin();
using var held = new HeldMemory();
const string secret = "0123456789abcdef0123456789abcdef";
var configuration = $$"""
    listeners: [{ address: 127.0.0.1:0 }]
    identity:
      consumers:
        ann:
          tier: starter
          scopes: [models.read]
          jwt: [{ kid: ann-1, secret: {{secret}} }]
          apiKeys: [{ name: main, sha256: "{{KeyCommand.HashOf("key-of-ann")}}" }]
    upstreams:
      origin: { dialect: openai, targets: ["http://127.0.0.1:{{origin.Port}}"], credential: sk-test }
      site: { targets: ["http://127.0.0.1:{{origin.Port}}"] }
      quiet: { targets: ["http://{{held.Endpoint}}"] }
    routes:
      - { name: all, match: { path: "/*" }, upstream: origin }
      - name: asked
        match: { path: /asked }
        authenticate: { with: [consumers] }
        authorize: { scopes: [models.read], tiers: [starter] }
        request: { headers: { set: { X-Consumer-ID: "{caller.id}" } } }
        upstream: origin
      - name: read
        match: { path: /read/v1/chat/completions }
        stripPath: true
        authenticate: { with: [consumers] }
        validate: { schema: openai-chat-lenient }
        rewrite:
          - systemMessage: You are a helpful assistant.
          - default: { user: "{caller.id}", temperature: 0.7 }
          - clamp: { temperature: [0, 2] }
          - { when: { tier: starter }, set: { max_tokens: 256 } }
        metering: {}
        upstream: origin
      - { name: passed, match: { path: "/passed/*" }, stripPath: true, upstream: site }
      - { name: quiet, match: { path: "/quiet/*" }, stripPath: true, upstream: quiet }
      - { name: site, match: { path: /site }, cache: { scope: public, ttl: 1h }, upstream: site }
      - { name: sites, match: { path: "/sites/*" }, cache: { scope: public, ttl: 1h }, upstream: site }
      - name: kept
        match: { path: /kept/v1/chat/completions }
        stripPath: true
        authenticate: { with: [consumers] }
        cache: { ttl: 1h }
        upstream: origin
    """;
var plan = ConfigurationLoader.LoadText(configuration, "bench.yaml", SystemConfigurationSource.Instance).Plan!;
await using var log = new ProgramLog(Console.Error);
await using var gateway = await Gateway.StartAsync(
    plan, log, new SystemHostResolver(), TimeProvider.System, CancellationToken.None);
var limits = ReadLimits();
using var caller = new Socket(SocketType.Stream, ProtocolType.Tcp);
caller.Connect(gateway.Endpoints[0]);
caller.NoDelay = true;
await using var kestrel = await HttpServer.StartAsync(
    new ListenerPlan { Endpoint = new IPEndPoint(IPAddress.Loopback, 0) }, new PlainApplication(), null,
    ServerTransport.EventLoops, null, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
using var bare = new Socket(SocketType.Stream, ProtocolType.Tcp);
bare.Connect(kestrel.Endpoint);
bare.NoDelay = true;
var get = "GET /v1/models HTTP/1.1\r\nHost: gateway\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n"u8.ToArray();
var passed = 0;
var failed = 0;
Measure("GET of 1 KB that Kestrel alone answers", 5_000, () => Exchange(bare, get, "HTTP/1.1 200"u8, 1024));
Measure("plain GET of 1 KB, over kept connections", 5_000, () => Exchange(caller, get, "HTTP/1.1 200"u8, 1024));
var token = TokenWriter.Sign(
    JwtAlgorithm.HS256, Encoding.ASCII.GetBytes(secret), "ann-1",
    new TokenContent { Subject = "ann", Lifetime = TimeSpan.FromHours(1) }, TimeProvider.System);
Measure("GET of 1 KB with a token that is known", 5_000, Asking(token));
Measure("GET of 1 KB with an API key", 5_000, Asking("key-of-ann"));
var post = MakePost("", "key");
Measure("POST of a 1.2 KB chat body", 5_000, () => Exchange(caller, post, "HTTP/1.1 200"u8, 1024));
var getLarge = "GET /passed/large HTTP/1.1\r\nHost: gateway\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n"u8.ToArray();
Measure("GET of 256 KB", 2_000, () => Exchange(caller, getLarge, "HTTP/1.1 200"u8, Origin.LargeBytes));
var postLarge = MakePost("/passed", "key", Origin.LargeBytes);
Measure("POST of a 256 KB body", 2_000, () => Exchange(caller, postLarge, "HTTP/1.1 200"u8, 1024));
var read = MakePost("/read", "key-of-ann");
Measure(
    "POST of a 1.2 KB chat body that is validated, rewritten and metered", 5_000,
    () => Exchange(caller, read, "HTTP/1.1 200"u8, 1024));
Measure(
    "POST of a 1.2 KB chat body that Kestrel alone answers", 5_000, () => Exchange(bare, post, "HTTP/1.1 200"u8, 1024));
var kept = MakePost("/kept", "key-of-ann");
Measure(
    "POST of a 1.2 KB chat body that is answered from memory", 5_000,
    () => Exchange(caller, kept, "HTTP/1.1 200"u8, 1024));
var site = "GET /site HTTP/1.1\r\nHost: gateway\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n"u8.ToArray();
Measure("GET of 1 KB that is answered from memory", 5_000, () => Exchange(caller, site, "HTTP/1.1 200"u8, 1024));
using (var crowd = new Crowd(gateway.Endpoints[0]))
{
    Measure(
        "GET of 1 KB that is asked for the first time, 64 at a time", 100,
        () => crowd.Exchange(static socket => Receive(socket, "HTTP/1.1 200"u8, 1024)),
        Crowd.Callers);
}

if (gateway.Cache.Counters["sites"].Hits.Value != 0)
{
    throw new InvalidOperationException("Some answers came from memory.");
}

if (gateway.Cache.Counters["kept"].Misses.Value != 1 || gateway.Cache.Counters["site"].Misses.Value != 1)
{
    throw new InvalidOperationException("The answers did not come from memory.");
}

using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
listener.Connect(gateway.Endpoints[0]);
listener.NoDelay = true;
listener.Send("GET /events HTTP/1.1\r\nHost: gateway\r\n\r\n"u8);
ReadUntil(listener, "\r\n\r\n"u8);
Measure("streamed event of 250 B", 5_000, () =>
{
    origin.Pulse();
    ReadUntil(listener, "\n\n\r\n"u8);
});
var quietGet = "GET /quiet/events HTTP/1.1\r\nHost: gateway\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n"u8.ToArray();
var quietPost = MakePost("/quiet", "key");
Hold("GET that waits for its upstream", held.Measure(gateway.Endpoints[0], quietGet, isStream: false));
Hold("POST of a 1.2 KB chat body that waits for its upstream", held.Measure(gateway.Endpoints[0], quietPost, isStream: false));
Hold("quiet stream", held.Measure(gateway.Endpoints[0], quietPost, isStream: true));
Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 ? 0 : 1;

void Measure(string name, int count, Action once, int requests = 1)
{
    for (var i = 0; i < count; i++)
    {
        once();
    }

    // The least of several rounds: what something else in the runtime allocates now and then is not the request's.
    var least = double.MaxValue;
    for (var round = 0; round < 5; round++)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < count; i++)
        {
            once();
        }

        least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(count * requests));
    }

    Judge(name, least);
}

void Hold(string name, double bytes) => Judge(name + ", held", bytes);

void Judge(string name, double least)
{
    var holds = limits.TryGetValue(name, out var limit) && least <= limit;
    passed += holds ? 1 : 0;
    failed += holds ? 0 : 1;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{(holds ? "ok  " : "FAIL")} {name}: {least:0.0} B, at most {limit} B"));
}

Action Asking(string credential)
{
    var request = Encoding.ASCII.GetBytes(
        "GET /asked HTTP/1.1\r\nHost: gateway\r\nAccept: */*\r\nUser-Agent: bench\r\n" +
        $"Authorization: Bearer {credential}\r\n\r\n");
    return () => Exchange(caller, request, "HTTP/1.1 200"u8, 1024);
}

static void Exchange(Socket socket, ReadOnlySpan<byte> request, ReadOnlySpan<byte> start, int bodyBytes)
{
    socket.Send(request);
    Receive(socket, start, bodyBytes);
}

static void Receive(Socket socket, ReadOnlySpan<byte> start, int bodyBytes)
{
    Span<byte> buffer = stackalloc byte[8 * 1024 + Origin.LargeBytes];
    var length = 0;
    while (true)
    {
        length += socket.Receive(buffer[length..]);
        var end = buffer[..length].IndexOf("\r\n\r\n"u8);
        if (end >= 0 && length >= end + 4 + bodyBytes)
        {
            if (!buffer.StartsWith(start))
            {
                throw new InvalidOperationException(Encoding.ASCII.GetString(buffer[..length]));
            }

            return;
        }
    }
}

static byte[] MakePost(string prefix, string credential, int textBytes = 1100)
{
    var text = new string('x', textBytes);
    var body = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}\n";
    var head = $"POST {prefix}/v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAccept: application/json\r\nUser-Agent: bench\r\n"
        + $"Authorization: Bearer {credential}\r\nContent-Type: application/json\r\n"
        + string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n");
    return Encoding.ASCII.GetBytes(head + body);
}

static void ReadUntil(Socket socket, ReadOnlySpan<byte> end)
{
    Span<byte> buffer = stackalloc byte[8 * 1024];
    var length = 0;
    while (!buffer[..length].EndsWith(end))
    {
        length += socket.Receive(buffer[length..]);
    }
}

static Dictionary<string, long> ReadLimits()
{
    using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "allocations.json")));
    var limits = new Dictionary<string, long>(StringComparer.Ordinal);
    foreach (var limit in json.RootElement.GetProperty("requests").EnumerateObject())
    {
        limits[limit.Name] = limit.Value.GetInt64();
    }

    return limits;
}
