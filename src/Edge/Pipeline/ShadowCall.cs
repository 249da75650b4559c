using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// The copy of one request, on its way to the route's shadow. It is made while the request is about to be forwarded, head and
/// body, and goes its own way from there on the thread pool: the request neither waits for it nor hears of it. What comes back is
/// read, so that the connection can be used again, and forgotten.
/// </summary>
/// <param name="shadow">Whose it is.</param>
/// <param name="sweeper">The clock of its exchange.</param>
/// <param name="metrics">Where it is counted what becomes of it.</param>
internal sealed class ShadowCall(RouteShadow shadow, UpstreamSweeper sweeper, RouteMetrics metrics) : IThreadPoolWorkItem
{
    /// <summary>Longest body of a request that is copied.</summary>
    public const int BodyBytesMax = RequestBody.HeldBytesMax;

    /// <summary>Of an answer, so much is read; of a longer one the connection is closed.</summary>
    public const int AnswerBytesMax = 4 * 1024 * 1024;

    private readonly UpstreamExchange _exchange = new(sweeper);
    private string _method = "";
    private long _beganTimestamp;

    /// <summary>Whether a request can be copied: its body is here, whole, and not too long.</summary>
    public static bool CanCopy(RequestContext context, UpstreamPlan upstream) =>
        context.BodyKind is RequestBodyKind.None or RequestBodyKind.Whole or RequestBodyKind.Held
        && (context.BodyKind == RequestBodyKind.None || context.SentBody.Length <= BodyBytesMax)
        && (upstream.Azure is null || (context.Facts.Model is { } model && AzurePlan.IsDeployment(model)));

    /// <summary>Makes the copy, and sends it on its way.</summary>
    public void Start(RequestContext context)
    {
        _method = context.Method;
        var tried = default(TargetSet);
        var query = new TargetQuery(0, context.Facts.EstimatedTokens, OnlyUntried: true);
        if (shadow.Upstream.Cluster.Pick(_exchange.Pick, query, ref tried) != Failure.None)
        {
            End("failed");
            return;
        }

        // In a trace there is the request's own attempt alone.
        var request = _exchange.Request;
        if (!UpstreamRequestWriter.TryWrite(
            request, context, shadow.Upstream, _exchange.Pick, default, RequestBody.FramingOf(context)))
        {
            _exchange.Pick.End(Failure.CallerHeaderInvalid);
            request.ReturnMemory();
            End("skipped");
            return;
        }

        if (context.BodyKind != RequestBodyKind.None)
        {
            request.Write(context.SentBody.Written.Span);
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        _beganTimestamp = sweeper.Time.GetTimestamp();
        var pool = _exchange.Pick.Pool;
        var failure = Failure.EdgeInternal;
        var status = 0;
        try
        {
            failure = await SendAsync(pool);
            if (failure == Failure.None)
            {
                status = _exchange.Head.StatusCode;
                _exchange.Pick.Answered(_exchange);
                failure = await ReadAsync();
            }
        }
        catch (Exception)
        {
            // A bug, or memory that is not to be had: the caller must not suffer from either. It is counted as what it is.
            failure = Failure.EdgeInternal;
        }

        pool.Metrics?.Ended(
            _method, status, failure, (long)sweeper.Time.GetElapsedTime(_beganTimestamp).TotalNanoseconds);
        _exchange.Pick.End(failure, isRace: _exchange.IsReused && !_exchange.AnyReceived);
        if (failure != Failure.None)
        {
            _exchange.Distrust();
        }

        await _exchange.CloseAsync();
        _exchange.Request.ReturnMemory();
        End(failure != Failure.None || status >= StatusCodes.Status500InternalServerError ? "failed" : "answered");
    }

    private async Task<Failure> SendAsync(UpstreamPool pool)
    {
        var connection = pool.TakeIdle();
        if (connection is null)
        {
            var connected = await pool.ConnectAsync(CancellationToken.None);
            if (connected.Connection is null)
            {
                return connected.Failure;
            }

            connection = connected.Connection;
        }

        var timeouts = shadow.Upstream.Plan.Timeouts;
        _exchange.Open(pool, connection, timeouts, HttpMethods.IsHead(_method), _exchange.DueIn(timeouts.Total));
        var sent = await _exchange.SendAsync(isWhole: true);
        var received = await _exchange.ReceiveHeadAsync();
        return received == Failure.None || sent == Failure.None ? received : sent;
    }

    private async Task<Failure> ReadAsync()
    {
        _exchange.BeginBody();
        var left = AnswerBytesMax;
        while (true)
        {
            switch (_exchange.TryReadBody(out var run))
            {
                case BodyStatus.Data:
                    left -= run.Length;
                    if (left < 0)
                    {
                        // It has answered; what else it says is not worth the time.
                        _exchange.Distrust();
                        return Failure.None;
                    }

                    break;
                case BodyStatus.End:
                    return Failure.None;
                case BodyStatus.NeedMore:
                    if (await ReceiveAsync() is not Failure.None and var failure)
                    {
                        return failure;
                    }

                    break;
                default:
                    return Failure.UpstreamBodyInvalid;
            }
        }
    }

    private async Task<Failure> ReceiveAsync()
    {
        var receiving = _exchange.ReceiveMoreAsync();
        _exchange.AwaitMore();
        try
        {
            return _exchange.EndReceive(await receiving);
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            return _exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
        }
    }

    private void End(string outcome)
    {
        shadow.Ended();
        metrics.Shadowed(shadow.Upstream.Plan.Name, outcome);
    }
}
