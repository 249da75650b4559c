using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using Edge.Core.Configuration;

namespace Edge.Telemetry;

/// <summary>
/// Sends one export to a collector: protobuf in a POST, or a gRPC call over HTTP/2. It speaks through .NET's own client, since
/// what is sent every few seconds need not be fast. One export at a time.
/// </summary>
internal sealed class OtlpSender : IDisposable
{
    /// <summary>Most bytes of an answer that are read.</summary>
    public const int AnswerBytesMax = 64 * 1024;

    private const string MetricsMethod = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    private const string TracesMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const string LogsMethod = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    private const int GrpcPrefixBytes = 5;

    private readonly OtlpSettings _settings;
    private readonly Uri _endpoint;
    private readonly HttpClient _client;

    private OtlpSender(OtlpSettings settings, Uri endpoint, string method)
    {
        _settings = settings;
        _endpoint = settings.Protocol == OtlpProtocol.Grpc ? new Uri(endpoint, method) : endpoint;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = settings.Timeout,
            SslOptions = new SslClientAuthenticationOptions(),
        })
        {
            Timeout = settings.Timeout,
            MaxResponseContentBufferSize = AnswerBytesMax,
        };
    }

    /// <summary>A sender of metrics; the settings say where to.</summary>
    public static OtlpSender OfMetrics(OtlpSettings settings) => new(settings, settings.Metrics!, MetricsMethod);

    /// <summary>A sender of traces; the settings say where to.</summary>
    public static OtlpSender OfTraces(OtlpSettings settings) => new(settings, settings.Traces!, TracesMethod);

    /// <summary>A sender of logs; the settings say where to.</summary>
    public static OtlpSender OfLogs(OtlpSettings settings) => new(settings, settings.Logs!, LogsMethod);

    /// <summary>Sends a message.</summary>
    /// <returns>Null: the collector has taken them. Else why it has not.</returns>
    public async Task<string?> SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        try
        {
            using var request = _settings.Protocol == OtlpProtocol.Grpc ? Grpc(message) : Post(message);
            foreach (var (name, value) in _settings.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var answer = await _client.SendAsync(request, cancellation);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                return $"status {(int)answer.StatusCode}";
            }

            return _settings.Protocol == OtlpProtocol.Grpc ? GrpcFault(answer) : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return exception is OperationCanceledException ? "no answer in time" : exception.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Post(ReadOnlyMemory<byte> message)
    {
        var content = new ReadOnlyMemoryContent(_settings.IsCompressed ? Compress(message) : message);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        if (_settings.IsCompressed)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        return new HttpRequestMessage(HttpMethod.Post, _endpoint) { Content = content };
    }

    // gRPC over HTTP/2: a byte that says whether the message is compressed, four of its length, and the message.
    private HttpRequestMessage Grpc(ReadOnlyMemory<byte> message)
    {
        var body = _settings.IsCompressed ? Compress(message) : message;
        var framed = new byte[GrpcPrefixBytes + body.Length];
        framed[0] = (byte)(_settings.IsCompressed ? 1 : 0);
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), body.Length);
        body.CopyTo(framed.AsMemory(GrpcPrefixBytes));
        var content = new ByteArrayContent(framed);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (_settings.IsCompressed)
        {
            request.Headers.Add("grpc-encoding", "gzip");
        }

        return request;
    }

    // The call's own status comes after the answer, or with its head where there is none.
    private static string? GrpcFault(HttpResponseMessage answer)
    {
        var found = answer.TrailingHeaders.TryGetValues("grpc-status", out var values)
            || answer.Headers.TryGetValues("grpc-status", out values);
        var status = found ? string.Concat(values!) : "missing";
        return status == "0" ? null : $"gRPC status {status}";
    }

    private static byte[] Compress(ReadOnlyMemory<byte> message)
    {
        using var to = new MemoryStream();
        using (var zip = new GZipStream(to, CompressionLevel.Fastest))
        {
            zip.Write(message.Span);
        }

        return to.ToArray();
    }
}
