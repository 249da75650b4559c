using Edge.Core.Http;
using Edge.Pipeline;
using Edge.Telemetry;
using Edge.Transport;

namespace Edge.Hosting;

/// <content>How it ends.</content>
internal sealed partial class Gateway
{
    /// <summary>How long before the end of a drain upgraded connections are told of it, or a quarter of its time.</summary>
    public static readonly TimeSpan FarewellMax = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long callers have, after a drain's time is over, to take the word that their requests are broken off: more than
    /// <see cref="FailStage.ResetDelay"/>.
    /// </summary>
    public static readonly TimeSpan LastWordMax = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LastWordInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Ends gracefully: not ready at once, no new connections, running requests and streams go on for the plan's drain time, and
    /// what is left then is broken off: who waits for an upstream is told so, and after <see cref="LastWordMax"/> at most all
    /// connections are reset. The administrative listener answers to the end.
    /// </summary>
    /// <returns>True when every request ended by itself.</returns>
    public async Task<bool> DrainAsync()
    {
        _isReady = false;
        Audit.Lived("draining", null);
        var limit = _snapshot.Plan.DrainTimeout;
        _log.Draining(Counters.Running, Tunnels.Count, (long)Math.Round(limit.TotalSeconds));
        using var abort = new CancellationTokenSource();
        var stopping = StopAsync(abort.Token);
        var left = 0L;
        if (!await EndsWithinAsync(stopping, limit))
        {
            left = Counters.Running;
            await BreakOffAsync(stopping);
            await abort.CancelAsync();
            await stopping;
        }

        await Limits.GiveBackAllAsync();
        if (left == 0)
        {
            _log.Drained();
        }
        else
        {
            _log.DrainedByForce(left);
        }

        return left == 0;
    }

    /// <summary>Ends all listeners; what they have sent is the kernel's then.</summary>
    private async Task StopAsync(CancellationToken abort)
    {
        await Task.WhenAll(_listeners.ConvertAll(listener => listener.StopAsync(abort)));
        await ClosingSockets.OfProcess.NoneAsync().WaitAsync(abort).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Has all exchanges with upstreams fail, so that callers get an error in their dialect, and waits until that is done. More
    /// than once, because one may have been about to begin.
    /// </summary>
    private async Task BreakOffAsync(Task stopping)
    {
        for (var left = LastWordMax; left > TimeSpan.Zero && !stopping.IsCompleted; left -= LastWordInterval)
        {
            Sweeper.BreakOff(Failure.EdgeStopping);
            await stopping.WaitAsync(LastWordInterval, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Waits for the end of all requests. What has switched to another protocol may last for hours: shortly before time is up, it
    /// is told.
    /// </summary>
    private async Task<bool> EndsWithinAsync(Task stopping, TimeSpan limit)
    {
        var farewell = limit / 4 < FarewellMax ? limit / 4 : FarewellMax;
        try
        {
            await stopping.WaitAsync(limit - farewell, _time);
            return true;
        }
        catch (TimeoutException)
        {
            if (Tunnels.SayGoodbye() is > 0 and var told)
            {
                _log.Farewell(told);
            }
        }

        try
        {
            await stopping.WaitAsync(farewell, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
