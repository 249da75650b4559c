using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using CsCheck;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Tests.Support;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>The same sound answers, read by .NET's own client and by ours: they must agree on every part.</summary>
public class DifferentialTests
{
    private static readonly Gen<string> Name =
        Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789-_"].Array[1, 12].Select(static c => "X-" + new string(c));

    private static readonly Gen<string> Value =
        Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789 ,;=\"/()"].Array[0, 40].Select(static c => new string(c).Trim());

    private static readonly Gen<Answer> Answers =
        from status in Gen.OneOf(200, 200, 200, 201, 204, 206, 301, 304, 400, 404, 429, 500, 503)
        from framing in Gen.OneOf("length", "chunked", "close")
        from headers in Gen.Select(Name, Value).Array[0, 12]
        from trailers in Gen.Select(Name, Value).Array[0, 4]
        from body in Gen.Byte.Array[0, 20_000]
        from sizes in Gen.Int[1, 5_000].Array[1, 20]
        from cuts in Gen.Int[1, 40_000].Array[0, 6]
        from interim in Gen.Int[0, 3]
        from extension in Gen.OneOf("", ";a=b", " ; a=\"x;\\\"y\"")
        select new Answer(status, framing, headers, trailers, body, sizes, cuts, interim, extension);

    [Fact]
    public async Task Both_clients_understand_every_sound_answer_alike()
    {
        var answers = new ConcurrentDictionary<string, Answer>();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                var answer = answers[request.Target];
                var bytes = answer.Render();
                var from = 0;
                foreach (var cut in answer.Cuts.Where(cut => cut < bytes.Length).Distinct().Order())
                {
                    await connection.SendAsync(bytes.AsMemory(from, cut - from));
                    from = cut;
                }

                await connection.SendAsync(bytes.AsMemory(from));
                if (answer.EndsByClose)
                {
                    return;
                }
            }
        });
        using var sweeper = new UpstreamSweeper(TimeProvider.System);
        var plan = new UpstreamPlan
        {
            Name = "it",
            Dialect = Dialect.Http,
            Targets = [new TargetPlan(false, "127.0.0.1", upstream.Endpoint.Port, upstream.Endpoint.ToString(), "")],
        };
        using var cluster = new UpstreamCluster(plan, sweeper, new SystemHostResolver());
        using var oracle = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

        await Answers.SampleAsync(
            async answer =>
            {
                var path = "/" + Guid.NewGuid().ToString("N");
                answers[path] = answer;
                var theirs = await ReadByOracleAsync(oracle, new Uri(upstream.Url, path));
                var ours = await ReadByExchangeAsync(sweeper, cluster, path);
                Assert.Equal(theirs, ours);
                answers.TryRemove(path, out _);
            },
            iter: 400,
            threads: 1);
    }

    private static async Task<string> ReadByOracleAsync(HttpClient oracle, Uri url)
    {
        using var response = await oracle.GetAsync(url, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .SelectMany(static field => field.Value.Select(value => (field.Key, value)));
        var trailers = response.TrailingHeaders.NonValidated
            .SelectMany(static field => field.Value.Select(value => (field.Key, value)));
        return Describe((int)response.StatusCode, headers, body, trailers);
    }

    private static async Task<string> ReadByExchangeAsync(UpstreamSweeper sweeper, UpstreamCluster cluster, string path)
    {
        var pool = cluster.Pools[0];
        var connection = pool.TakeIdle() ?? (await pool.ConnectAsync(TestContext.Current.CancellationToken)).Connection!;
        var exchange = new UpstreamExchange(sweeper);
        exchange.Open(pool, connection, cluster.Plan.Timeouts, false, exchange.DueIn(cluster.Plan.Timeouts.Total));
        exchange.Request.Write(Encoding.Latin1.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        Assert.Equal(Failure.None, await exchange.SendAsync(isWhole: true));
        exchange.Request.ReturnMemory();
        Assert.Equal(Failure.None, await exchange.ReceiveHeadAsync());
        var status = exchange.Head.StatusCode;
        var headers = HeadersOf(exchange);
        exchange.BeginBody();
        var body = new MemoryStream();
        BodyStatus read;
        while ((read = exchange.TryReadBody(out var run)) != BodyStatus.End)
        {
            Assert.NotEqual(BodyStatus.Invalid, read);
            body.Write(run.Span);
            if (read == BodyStatus.NeedMore)
            {
                var receiving = exchange.ReceiveMoreAsync();
                exchange.AwaitMore();
                Assert.Equal(Failure.None, exchange.EndReceive(await receiving));
            }
        }

        var trailers = new List<(string, string)>();
        for (var i = 0; i < (exchange.Trailers?.Count ?? 0); i++)
        {
            trailers.Add((
                Encoding.Latin1.GetString(exchange.Trailers!.Name(i)), Encoding.Latin1.GetString(exchange.Trailers.Value(i))));
        }

        await exchange.CloseAsync();
        return Describe(status, headers, body.ToArray(), trailers);
    }

    private static List<(string, string)> HeadersOf(UpstreamExchange exchange)
    {
        var headers = new List<(string, string)>();
        for (var i = 0; i < exchange.Head.HeaderCount; i++)
        {
            ref readonly var field = ref exchange.Head[i];
            headers.Add((
                Encoding.Latin1.GetString(field.Name(exchange.HeadBytes)),
                Encoding.Latin1.GetString(field.Value(exchange.HeadBytes))));
        }

        return headers;
    }

    // Sorted by name, since .NET's client groups the fields: their order among each other is not kept there.
    private static string Describe(
        int status, IEnumerable<(string Name, string Value)> headers, byte[] body,
        IEnumerable<(string Name, string Value)> trailers)
    {
        static string Lines(IEnumerable<(string Name, string Value)> fields) => string.Join(
            '\n', fields.OrderBy(static f => f.Name, StringComparer.OrdinalIgnoreCase)
                .Select(static f => $"{f.Name.ToLowerInvariant()}: {f.Value}"));
        return $"{status}\n{Lines(headers)}\n\n{Convert.ToHexString(body)}\n{Lines(trailers)}";
    }

    /// <summary>An answer and the way in which it is sent.</summary>
    private sealed record Answer(
        int Status, string Framing, (string Name, string Value)[] Headers, (string Name, string Value)[] Trailers,
        byte[] Body, int[] Sizes, int[] Cuts, int Interim, string Extension)
    {
        public bool EndsByClose => Framing == "close" && HasBody;

        private bool HasBody => Status is not (204 or 304);

        public byte[] Render()
        {
            var bytes = new MemoryStream();
            for (var i = 0; i < Interim; i++)
            {
                Write(bytes, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            }

            Write(bytes, $"HTTP/1.1 {Status} Some Reason\r\n");
            WriteFields(bytes, Headers);
            var framing = Framing switch
            {
                "chunked" when HasBody => "Transfer-Encoding: chunked\r\n",
                "length" when Status != 204 => $"Content-Length: {Body.Length}\r\n",
                _ => "",
            };
            Write(bytes, framing + "\r\n");
            if (HasBody)
            {
                WriteBody(bytes);
            }

            return bytes.ToArray();
        }

        private static void Write(MemoryStream to, string text) => to.Write(Encoding.Latin1.GetBytes(text));

        private static void WriteFields(MemoryStream to, (string Name, string Value)[] fields)
        {
            foreach (var (name, value) in fields)
            {
                Write(to, $"{name}:{(value.Length % 2 == 0 ? " " : "")}{value}{(value.Length % 3 == 0 ? "\t " : "")}\r\n");
            }
        }

        private void WriteBody(MemoryStream to)
        {
            if (Framing != "chunked")
            {
                to.Write(Body);
                return;
            }

            var at = 0;
            for (var i = 0; at < Body.Length; i++)
            {
                var size = Math.Min(Sizes[i % Sizes.Length], Body.Length - at);
                Write(to, size.ToString(i % 2 == 0 ? "x" : "X4", CultureInfo.InvariantCulture) + Extension + "\r\n");
                to.Write(Body, at, size);
                Write(to, "\r\n");
                at += size;
            }

            Write(to, "0\r\n");
            WriteFields(to, Trailers);
            Write(to, "\r\n");
        }
    }
}
