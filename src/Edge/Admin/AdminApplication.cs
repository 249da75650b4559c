using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Telemetry;
using Edge.Hosting;
using Edge.Pipeline;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Admin;

/// <summary>
/// The administrative listener: <c>/healthz</c> says that the process serves, <c>/readyz</c> that it wants traffic, which ends
/// the moment a drain begins, and pauses while limits are closed because their store is away. Both need no token.
/// <c>/metrics</c> has the figures for Prometheus; it wants the file's token where there is one. <c>/state</c> tells what runs
/// and what was counted, <c>/limits</c> reads and changes counts of limits, <c>/cache</c> the cache, <c>/targets</c> circuits,
/// <c>/log-level</c> how much is said; they want the token, and are not there where the file has none.
/// </summary>
internal sealed class AdminApplication : IHttpApplication<IFeatureCollection>
{
    /// <summary>Most connections at once.</summary>
    public const int ConnectionsMax = 100;

    private const int MetricsBytesMin = 64 * 1024;
    private const string Health = "/healthz";
    private const string Readiness = "/readyz";
    private const string Metrics = "/metrics";
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly Gateway _gateway;
    private readonly LimitAdministration _limits;
    private readonly CacheAdministration _cache;
    private readonly TargetAdministration _targets;
    private readonly LogAdministration _log;
    private readonly ReloadAdministration _reload;
    private readonly byte[]? _tokenHash;
    private int _metricsBytes;

    /// <summary>The administration of a gateway.</summary>
    public AdminApplication(Gateway gateway, Secret? token)
    {
        _gateway = gateway;
        _limits = new LimitAdministration(gateway);
        _cache = new CacheAdministration(gateway);
        _targets = new TargetAdministration(gateway);
        _log = new LogAdministration(gateway);
        _reload = new ReloadAdministration(gateway);
        _tokenHash = token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes("Bearer " + token.Reveal()));
    }

    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.Require<IHttpRequestFeature>();
        var response = context.Require<IHttpResponseFeature>();
        if (request.Path is not (Health or Readiness))
        {
            // To the thread pool: writing thousands of series would hold up the requests of this event loop.
            await Task.Yield();
        }

        using var body = new MemoryStream();
        var text = ReadOnlyMemory<byte>.Empty;
        response.Headers.ContentType = PlainText;
        if (LimitAdministration.IsFor(request.Path) && _tokenHash is not null && HasToken(request, _tokenHash))
        {
            // Tells the audit log itself, for it knows what was done.
            response.StatusCode = await _limits.AnswerAsync(request, response, body, Peer(context));
        }
        else if (CacheAdministration.IsFor(request.Path) && _tokenHash is not null && HasToken(request, _tokenHash))
        {
            response.StatusCode = await _cache.AnswerAsync(request, response, body, Peer(context));
        }
        else if (TargetAdministration.IsFor(request.Path) && _tokenHash is not null && HasToken(request, _tokenHash))
        {
            response.StatusCode = _targets.Answer(request, response, body, Peer(context));
        }
        else if (request.Path == LogAdministration.Path && _tokenHash is not null && HasToken(request, _tokenHash))
        {
            response.StatusCode = _log.Answer(request, response, body, Peer(context));
        }
        else if (request.Path == ReloadAdministration.Path && _tokenHash is not null && HasToken(request, _tokenHash))
        {
            response.StatusCode = await _reload.AnswerAsync(request, response, body, Peer(context));
        }
        else
        {
            response.StatusCode = Answer(request, response, body, out text);

            // What is asked every few seconds by machines would fill the log; who was refused is told of those too.
            if (request.Path is not (Health or Readiness) && (request.Path != Metrics || response.StatusCode != 200))
            {
                Audit(context, request, response.StatusCode);
            }
        }

        response.Headers.CacheControl = "no-store";
        text = text.IsEmpty ? body.GetBuffer().AsMemory(0, (int)body.Length) : text;
        response.Headers.ContentLength = text.Length;
        if (request.Method != "HEAD")
        {
            await context.Require<IHttpResponseBodyFeature>().Writer.WriteAsync(text);
        }
    }

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is kept of a request.
    }

    private int Answer(
        IHttpRequestFeature request, IHttpResponseFeature response, MemoryStream body, out ReadOnlyMemory<byte> text)
    {
        text = default;
        if (_tokenHash is not null && (LimitAdministration.IsFor(request.Path) || CacheAdministration.IsFor(request.Path)
            || TargetAdministration.IsFor(request.Path) || request.Path is LogAdministration.Path
            or ReloadAdministration.Path))
        {
            return Unauthorized(response, body);
        }

        if (request.Method is not ("GET" or "HEAD"))
        {
            response.Headers.Allow = "GET, HEAD";
            return Say(body, 405, "method not allowed\n"u8);
        }

        switch (request.Path)
        {
            case Health:
                return Say(body, 200, "ok\n"u8);
            case Readiness:
                return !_gateway.IsReady ? Say(body, 503, "draining\n"u8)
                    : _gateway.IsClosed ? Say(body, 503, "redis is away, and limits are closed\n"u8)
                    : _gateway.IsStoreAway ? Say(body, 200, "ok, but redis is away, and limits are local\n"u8)
                    : _gateway.Memory.IsHigh ? Say(body, 200, "ok, but memory is short, and requests are turned away\n"u8)
                    : Say(body, 200, "ok\n"u8);
            case Metrics:
                if (_tokenHash is not null && !HasToken(request, _tokenHash))
                {
                    return Unauthorized(response, body);
                }

                text = WriteMetrics(request, response);
                return 200;
            case "/state" when _tokenHash is not null:
                if (!HasToken(request, _tokenHash))
                {
                    return Unauthorized(response, body);
                }

                response.Headers.ContentType = "application/json";
                StateWriter.Write(body, _gateway);
                return 200;
            default:
                return Say(body, 404, "not found\n"u8);
        }
    }

    private ReadOnlyMemory<byte> WriteMetrics(IHttpRequestFeature request, IHttpResponseFeature response)
    {
        var isOpenMetrics = request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.Ordinal);
        response.Headers.ContentType = isOpenMetrics ? PrometheusWriter.OpenMetricsType : PrometheusWriter.TextType;

        // As much as the last time and an eighth: what has to grow is copied each time.
        var text = new ArrayBufferWriter<byte>(Math.Max(MetricsBytesMin, _metricsBytes + (_metricsBytes / 8)));
        new PrometheusWriter(text, isOpenMetrics).Write(_gateway.Metrics.Registry, _gateway.Exporting.Origin?.Resource ?? []);
        _metricsBytes = text.WrittenCount;
        return text.WrittenMemory;
    }

    private void Audit(IFeatureCollection context, IHttpRequestFeature request, int status)
    {
        var outcome = status switch
        {
            < 300 => "done",
            401 => "unauthorized",
            _ => "refused",
        };
        _gateway.Audit.Administered($"{request.Method} {request.Path}", outcome, status, Peer(context));
    }

    private static IPAddress? Peer(IFeatureCollection context) => context.Find<IHttpConnectionFeature>()?.RemoteIpAddress;

    private static int Unauthorized(IHttpResponseFeature response, MemoryStream body)
    {
        response.Headers.WWWAuthenticate = "Bearer";
        return Say(body, 401, "unauthorized\n"u8);
    }

    private static int Say(MemoryStream body, int status, ReadOnlySpan<byte> text)
    {
        body.Write(text);
        return status;
    }

    // Hashes of equal length are compared, in constant time: neither content nor length of the token can be felt out.
    private static bool HasToken(IHttpRequestFeature request, byte[] tokenHash)
    {
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString()));
        return CryptographicOperations.FixedTimeEquals(given, tokenHash);
    }
}
