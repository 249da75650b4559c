using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Upstream;

namespace Edge.Issuers;

/// <summary>
/// Gets small documents with the client that also calls the upstreams, under its rules of framing, for the few things that the
/// gateway itself has to fetch. Never on the way of a request: each fetch makes its own connection and closes it. Thread-safe.
/// </summary>
/// <remarks>
/// It follows no redirect: where a document is, the file says, or a discovery document that the file pointed at. It sends no
/// credential, and takes no coding, so that no small answer can unfold into a large one.
/// </remarks>
internal sealed class DocumentFetcher : IDocumentSource
{
    /// <summary>Most bytes of a document.</summary>
    public const int DocumentBytesMax = JwtLimits.JwksBytesMax;

    /// <summary>Most bytes of status line and headers.</summary>
    public const int HeadBytesMax = 16 * 1024;

    /// <summary>Name resolution, TCP and TLS together.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>From the request to the head of the answer.</summary>
    public static readonly TimeSpan FirstByteTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Between two reads of the body.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(5);

    /// <summary>From the request to the last byte of the answer.</summary>
    public static readonly TimeSpan TotalTimeout = TimeSpan.FromSeconds(10);

    private readonly UpstreamSweeper _sweeper;
    private readonly IHostResolver _resolver;
    private readonly string? _caFile;

    /// <summary>A fetcher.</summary>
    /// <param name="sweeper">Whose clock and deadlines hold.</param>
    /// <param name="resolver">The name service.</param>
    /// <param name="caFile">PEM file of the only authorities to trust, read anew for each fetch; null: the system's.</param>
    public DocumentFetcher(UpstreamSweeper sweeper, IHostResolver resolver, string? caFile)
    {
        _sweeper = sweeper;
        _resolver = resolver;
        _caFile = caFile;
    }

    /// <inheritdoc/>
    public async Task<FetchedDocument> GetAsync(IssuerUrl url, CancellationToken ct)
    {
        var plan = new UpstreamPlan
        {
            Name = url.Target.Authority,
            Dialect = Dialect.Http,
            Targets = [url.Target],
            CaFile = _caFile,
            ConnectionsMax = 1,
            ResponseHeadersMax = HeadBytesMax,
            Timeouts = new UpstreamTimeouts
            {
                Connect = ConnectTimeout,
                FirstByte = FirstByteTimeout,
                Idle = IdleTimeout,
                Total = TotalTimeout,
            },
        };
        UpstreamDialer dialer;
        try
        {
            dialer = new UpstreamDialer(plan, url.Target, _resolver, _sweeper.Time);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return FetchedDocument.Failed(FetchFault.Unreachable, $"the file of authorities cannot be used: {exception.Message}");
        }

        using var pool = new UpstreamPool(plan, url.Target, _sweeper, dialer);
        var connected = await pool.ConnectAsync(ct);
        if (connected.Connection is null)
        {
            return Failed(connected.Failure, connected.Detail);
        }

        var exchange = new UpstreamExchange(_sweeper);
        exchange.Open(pool, connected.Connection, plan.Timeouts, requestIsHead: false, exchange.DueIn(TotalTimeout));
        try
        {
            await using var stop = ct.UnsafeRegister(
                static state => ((UpstreamExchange)state!).Abort(Failure.CallerGone), exchange);
            return await ExchangeAsync(exchange, url);
        }
        finally
        {
            exchange.Request.ReturnMemory();
            exchange.Distrust();
            await exchange.CloseAsync();
        }
    }

    private static async Task<FetchedDocument> ExchangeAsync(UpstreamExchange exchange, IssuerUrl url)
    {
        WriteRequest(exchange.Request, url);
        var sent = await exchange.SendAsync(isWhole: true);
        var received = await exchange.ReceiveHeadAsync();
        if (received != Failure.None)
        {
            return Failed(sent == Failure.None ? received : sent, exchange.Fault);
        }

        if (Refuse(exchange.Head, exchange.HeadBytes) is { } refusal)
        {
            return refusal;
        }

        var maxAge = MaxAge(exchange.Head, exchange.HeadBytes);
        exchange.BeginBody();
        return await ReadBodyAsync(exchange, maxAge);
    }

    private static void WriteRequest(HeadBuffer request, IssuerUrl url)
    {
        request.Write("GET "u8);
        request.WriteLatin1(url.PathAndQuery);
        request.Write(" HTTP/1.1\r\nHost: "u8);
        request.WriteLatin1(url.Target.Authority);
        request.Write("\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nUser-Agent: edge\r\n"u8);
        request.Write("Connection: close\r\n\r\n"u8);
    }

    private static FetchedDocument? Refuse(ResponseHead head, ReadOnlySpan<byte> bytes)
    {
        if (head.StatusCode is >= 300 and < 400)
        {
            return FetchedDocument.Failed(FetchFault.Redirected, $"status {head.StatusCode}; redirects are not followed");
        }

        if (head.StatusCode != 200)
        {
            return FetchedDocument.Failed(FetchFault.Status, $"status {head.StatusCode}");
        }

        if (head.HasContentCoding(bytes))
        {
            return FetchedDocument.Failed(FetchFault.Encoded, "the answer has a content coding, which was not asked for");
        }

        return head.ContentLength > DocumentBytesMax ? TooLarge() : null;
    }

    private static async Task<FetchedDocument> ReadBodyAsync(UpstreamExchange exchange, TimeSpan? maxAge)
    {
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            switch (exchange.TryReadBody(out var run))
            {
                case BodyStatus.Data when run.Length > DocumentBytesMax - body.WrittenCount:
                    return TooLarge();
                case BodyStatus.Data:
                    body.Write(run.Span);
                    continue;
                case BodyStatus.End:
                    return new FetchedDocument(FetchFault.None, body.WrittenMemory, maxAge, null);
                case BodyStatus.Invalid:
                    return Failed(Failure.UpstreamBodyInvalid, exchange.Fault);
            }

            var failure = await ReceiveAsync(exchange);
            if (failure != Failure.None)
            {
                return Failed(failure, exchange.Fault);
            }
        }
    }

    private static async Task<Failure> ReceiveAsync(UpstreamExchange exchange)
    {
        try
        {
            var receiving = exchange.ReceiveMoreAsync();
            exchange.AwaitMore();
            return exchange.EndReceive(await receiving);
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            return exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
        }
    }

    /// <summary>What Cache-Control says of the time to keep the answer; null where it says nothing of it.</summary>
    private static TimeSpan? MaxAge(ResponseHead head, ReadOnlySpan<byte> bytes)
    {
        TimeSpan? age = null;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            if (!Ascii.EqualsIgnoreCase(head[i].Name(bytes), "cache-control"u8))
            {
                continue;
            }

            foreach (var part in head[i].Value(bytes).Split((byte)','))
            {
                var directive = Trim(head[i].Value(bytes)[part]);
                if (Ascii.EqualsIgnoreCase(directive, "no-store"u8) || Ascii.EqualsIgnoreCase(directive, "no-cache"u8))
                {
                    return TimeSpan.Zero;
                }

                if (directive.Length > 8 && Ascii.EqualsIgnoreCase(directive[..8], "max-age="u8)
                    && Utf8Parser.TryParse(directive[8..], out uint seconds, out var used) && used == directive.Length - 8)
                {
                    age = TimeSpan.FromSeconds(seconds);
                }
            }
        }

        return age;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);

    private static FetchedDocument TooLarge() =>
        FetchedDocument.Failed(FetchFault.TooLarge, $"the answer is larger than {DocumentBytesMax} bytes");

    private static FetchedDocument Failed(Failure failure, string? detail)
    {
        var isTimeout = failure is Failure.UpstreamDnsTimeout or Failure.UpstreamConnectTimeout
            or Failure.UpstreamFirstByteTimeout or Failure.UpstreamIdleTimeout or Failure.UpstreamTotalTimeout;
        var said = detail is null ? Failures.Code(failure) : $"{Failures.Code(failure)}: {detail}";
        return FetchedDocument.Failed(isTimeout ? FetchFault.Timeout : FetchFault.Unreachable, said);
    }
}
