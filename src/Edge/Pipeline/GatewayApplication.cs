using Edge.Core.Http;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// The way of a request. Kestrel calls it on its I/O threads; stages are direct calls in a fixed order, and Record runs last,
/// whatever happened.
/// <code>
/// Admit -> Route -> (Cors: answers preflights) -> (Upgrade) -> Address -> Authenticate -> Authorize
///       -> LimitRequests -> Body -> LimitTokens -> Cache -> Canary -> Overload -> Forward -> (Fail) -> Settle -> Record
/// </code>
/// </summary>
internal sealed class GatewayApplication : IHttpApplication<RequestHandle>
{
    private readonly Gateway _gateway;
    private readonly UpstreamSweeper _sweeper;
    private readonly RouteStage _route;
    private readonly AuthenticateStage _authenticate;
    private readonly LimitStage _limit;
    private readonly CanaryStage _canary = new(Random.Shared);
    private readonly OverloadStage _overload;
    private readonly BodyStage _body;
    private readonly ForwardStage _forward;
    private readonly RecordStage _record;

    /// <summary>The application of one gateway; all of its listeners share it.</summary>
    public GatewayApplication(
        Gateway gateway, UpstreamSweeper sweeper, RequestIds requestIds, RecordStage record, ProgramLog log,
        TimeProvider time)
    {
        _gateway = gateway;
        _sweeper = sweeper;
        _route = new RouteStage(requestIds);
        _authenticate = new AuthenticateStage(time);
        _limit = new LimitStage(gateway.Limits);
        _body = new BodyStage(gateway.Estimates);
        _overload = new OverloadStage(gateway.Limits, log, time);
        _forward = new ForwardStage(gateway.Tunnels, time, Random.Shared);
        _record = record;
    }

    /// <inheritdoc/>
    public RequestHandle CreateContext(IFeatureCollection contextFeatures)
    {
        if (contextFeatures is not IHostContextContainer<RequestHandle> container)
        {
            return new RequestHandle(new RequestContext(contextFeatures, _sweeper));
        }

        if (container.HostContext.Context is null)
        {
            var context = new RequestContext(contextFeatures, _sweeper);
            if (context.Wire is not null)
            {
                _ = LoopScheduling.TryBeginStreamsOnLoop(contextFeatures);
            }

            container.HostContext = new RequestHandle(context);
        }

        return container.HostContext;
    }

    /// <inheritdoc/>
    public Task ProcessRequestAsync(RequestHandle handle)
    {
        var context = handle.Context!;
        return context.Completion.Of(ProcessAsync(context));
    }

    private async PooledValueTask<bool> ProcessAsync(RequestContext context)
    {
        _record.Begin(context);
        StageResult result;
        try
        {
            result = context.Ended(Stage.Admit, AdmitStage.Run(context));
            if (result.IsContinue)
            {
                result = await ResourceMetadataStage.RunAsync(context);
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.Route, Find(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.Authenticate, await _authenticate.RunAsync(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.Authorize, Authorize(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.LimitRequests, await _limit.RunAsync(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.Body, await _body.RunAsync(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.LimitTokens, await _limit.ReserveAsync(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.Cache, await CacheStage.RunAsync(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.Overload, await EnterAsync(context));
            }

            if (result.IsContinue)
            {
                result = context.Ended(Stage.Forward, await _forward.RunAsync(context));
            }
        }
        catch (Exception exception)
        {
            result = context.Broke(StageResult.Failed(FailureOf(context, exception)));
        }

        if (result.Outcome == StageOutcome.Failed)
        {
            result = await TellAsync(context, result.Failure);
        }

        return Finish(context, result);
    }

    private Failure FailureOf(RequestContext context, Exception exception)
    {
        if (exception is OutOfMemoryException)
        {
            // The heap has all that it may have: what is new is turned away, as while memory is short.
            return TurnAway(context).Failure;
        }

        context.FailureDetail = exception.ToString();
        return Failure.EdgeInternal;
    }

    private StageResult TurnAway(RequestContext context)
    {
        _gateway.Memory.CountShed();
        context.RetryAfterSeconds = MemoryWatch.RetryAfterSeconds;
        return StageResult.Failed(Failure.EdgeOverloaded);
    }

    /// <summary>What is done once, however the exchange ended.</summary>
    /// <returns>False: what the caller has is not whole, and must not look so.</returns>
    private bool Finish(RequestContext context, StageResult result)
    {
        OverloadStage.Leave(context.Attempt, context.Upstream, Failure.EdgeInternal);
        try
        {
            try
            {
                context.Settle(result.Failure);
            }
            finally
            {
                _limit.Settle(context);
            }
        }
        catch (Exception exception)
        {
            // What cannot be settled must still be recorded. The caller has its answer, so nothing else changes.
            context.FailureDetail = exception.ToString();
            result = result.Failure == Failure.None ? new StageResult(result.Outcome, Failure.EdgeInternal) : result;
        }

        if (context.Wire is { } connection && context.IsHttp2)
        {
            RapidResets.Count(context, connection, result.Failure);
        }

        try
        {
            _record.End(context, result);
        }
        finally
        {
            context.End();
        }

        if (result.Outcome != StageOutcome.BrokenOff)
        {
            return true;
        }

        // To HTTP/1.0 the end of the connection is the end of the body, and to other protocols that of whatever they say: only a
        // reset tells that it is not whole.
        if (context.Protocol == "HTTP/1.0" || context.Tunnel is not null)
        {
            context.Lifetime.Abort();
        }

        return false;
    }

    private PooledValueTask<StageResult> EnterAsync(RequestContext context)
    {
        _canary.Run(context);
        return _overload.RunAsync(context);
    }

    /// <summary>Route, Cors, Upgrade and Address, none of which waits.</summary>
    private StageResult Find(RequestContext context)
    {
        var result = _route.Run(context);
        if (result.IsContinue && context.IsPreflight)
        {
            result = CorsStage.Run(context);
        }

        if (result.IsContinue && _gateway.Memory.IsHigh)
        {
            return TurnAway(context);
        }

        if (result.IsContinue)
        {
            result = UpgradeStage.Run(context);
        }

        return result.IsContinue ? AddressStage.Run(context) : result;
    }

    // What cannot even be told must still be recorded.
    private async PooledValueTask<StageResult> TellAsync(RequestContext context, Failure failure)
    {
        if (failure == Failure.EdgeOverloaded)
        {
            _overload.TurnAway(context);
        }

        try
        {
            var kept = await HttpCacheReuse.FailAsync(context, failure);
            return kept.IsContinue ? await FailStage.RunAsync(context, failure) : kept;
        }
        catch (Exception exception)
        {
            context.FailureDetail = exception.ToString();
            return StageResult.BrokenOff(Failure.EdgeInternal);
        }
    }

    private StageResult Authorize(RequestContext context)
    {
        var result = AuthorizeStage.Run(context);
        if (result.IsContinue && context.Caller is { IsAnonymous: false })
        {
            _gateway.Audit.KeyUsed(context);
        }

        return result;
    }

    /// <inheritdoc/>
    public void DisposeContext(RequestHandle context, Exception? exception)
    {
        // The context stays with its connection.
    }
}
