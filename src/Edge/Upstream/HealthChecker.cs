using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Resilience;

namespace Edge.Upstream;

/// <summary>
/// Asks each target of an upstream again and again whether it is well, each by a task of its own, on a connection that is made
/// for the question: what matters is whether a new one can be had. Owns its tasks and connections. No check overlaps the next.
/// </summary>
internal sealed class HealthChecker : IDisposable
{
    /// <summary>So much of the time between two checks is left to chance, that replicas do not ask all at once.</summary>
    public const double JitterShare = 0.1;

    private readonly CancellationTokenSource _stopped = new();
    private readonly HealthPlan _plan;
    private readonly UpstreamSweeper _sweeper;
    private readonly LimitClock _clock;
    private readonly List<UpstreamPool> _pools = [];

    /// <summary>Begins to ask.</summary>
    /// <param name="upstream">Whose targets.</param>
    /// <param name="plan">How.</param>
    /// <param name="states">Where the outcome goes, for each target.</param>
    /// <param name="sweeper">Whose clock and deadlines hold.</param>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="clock">The time of the states.</param>
    public HealthChecker(
        UpstreamPlan upstream, HealthPlan plan, ReadOnlySpan<TargetState> states, UpstreamSweeper sweeper,
        IHostResolver resolver, LimitClock clock)
    {
        _plan = plan;
        _sweeper = sweeper;
        _clock = clock;
        var own = upstream with
        {
            ConnectionsMax = 1,
            Timeouts = new UpstreamTimeouts
            {
                Connect = plan.Timeout,
                FirstByte = plan.Timeout,
                Idle = plan.Timeout,
                Total = plan.Timeout,
            },
        };
        for (var i = 0; i < states.Length; i++)
        {
            var target = upstream.Targets[i];
            var pool = new UpstreamPool(own, target, sweeper, new UpstreamDialer(own, target, resolver, sweeper.Time));
            _pools.Add(pool);
            _ = RunAsync(pool, own.Timeouts, states[i]);
        }
    }

    /// <summary>Ends the checks; one that is under way is broken off.</summary>
    public void Dispose()
    {
        _stopped.Cancel();
        foreach (var pool in _pools)
        {
            pool.Dispose();
        }
    }

    private async Task RunAsync(UpstreamPool pool, UpstreamTimeouts timeouts, TargetState state)
    {
        await Task.Yield();
        var exchange = new UpstreamExchange(_sweeper);
        try
        {
            while (true)
            {
                var isGood = await CheckAsync(pool, timeouts, exchange);
                _stopped.Token.ThrowIfCancellationRequested();
                state.Checked(isGood, _plan, _clock.NowNs);
                var jitter = 1 - JitterShare + (2 * JitterShare * Random.Shared.NextDouble());
                await Task.Delay(_plan.Every * jitter, _sweeper.Time, _stopped.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The upstream has gone, or is checked in another way from now on.
        }
    }

    private async Task<bool> CheckAsync(UpstreamPool pool, UpstreamTimeouts timeouts, UpstreamExchange exchange)
    {
        var wholeByMs = exchange.DueIn(timeouts.Total);
        var connected = await pool.ConnectAsync(_stopped.Token);
        if (connected.Connection is null)
        {
            return false;
        }

        exchange.Open(pool, connected.Connection, timeouts, requestIsHead: false, wholeByMs);
        try
        {
            await using var stop = _stopped.Token.UnsafeRegister(
                static state => ((UpstreamExchange)state!).Abort(Failure.CallerGone), exchange);
            WriteRequest(exchange.Request, pool.Target);
            await exchange.SendAsync(isWhole: true);
            return await exchange.ReceiveHeadAsync() == Failure.None && IsGood(exchange.Head.StatusCode);
        }
        finally
        {
            exchange.Request.ReturnMemory();
            exchange.Distrust();
            await exchange.CloseAsync();
        }
    }

    private void WriteRequest(HeadBuffer request, TargetPlan target)
    {
        request.Clear();
        request.Write("GET "u8);
        request.WriteLatin1(target.BasePath);
        request.WriteLatin1(_plan.Path);
        request.Write(" HTTP/1.1\r\nHost: "u8);
        request.WriteLatin1(target.Authority);
        request.Write("\r\nUser-Agent: edge-health\r\nConnection: close\r\n\r\n"u8);
    }

    private bool IsGood(int status)
    {
        foreach (var range in _plan.Status)
        {
            if (status >= range.From && status <= range.To)
            {
                return true;
            }
        }

        return false;
    }
}
