using System.Security.Cryptography;
using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Telemetry;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>
/// The common store of limits in Redis, Valkey or what else speaks their protocol: draws slices, gives back what is left of
/// them, and tells other replicas that this one is alive. It owns the connection. Safe from any thread.
/// </summary>
/// <remarks>
/// The first call that is not answered in time opens the circuit: from then on no request waits, and <c>whenDown</c> decides.
/// One probe at a time, a few a second, finds out when the store is back. What it then gets asked for is what requests need at
/// that time: there is nothing to catch up with.
/// </remarks>
internal sealed class RedisLeases : IAsyncDisposable
{
    /// <summary>Time between two signs of life.</summary>
    public static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(1);

    /// <summary>Time between two probes of a store that is away.</summary>
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>A replica that has not been heard of for this long does not count.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(10);

    /// <summary>The longest that starting waits for the store.</summary>
    public static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    private static readonly RedisScript DrawBucket = new(LeaseScripts.DrawBucket);
    private static readonly RedisScript DrawWindow = new(LeaseScripts.DrawWindow);
    private static readonly RedisScript ReturnBucket = new(LeaseScripts.ReturnBucket);
    private static readonly RedisScript ReturnWindow = new(LeaseScripts.ReturnWindow);
    private static readonly RedisScript Beat = new(LeaseScripts.Beat);

    private readonly RedisPlan _plan;
    private readonly LimitClock _clock;
    private readonly TimeProvider _time;
    private readonly ProgramLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _replica = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly Task _beating;
    private IConnectionMultiplexer? _connection;
    private long _returns;
    private long _draws;
    private long _failures;

    private RedisLeases(RedisPlan plan, LimitClock clock, TimeProvider time, ProgramLog log)
    {
        _plan = plan;
        _clock = clock;
        _time = time;
        _log = log;
        Fleet = new LeaseFleet(plan.WhenDown) { IsDown = true };
        _beating = BeatAsync();
    }

    /// <summary>What is known of the store and of the other replicas.</summary>
    public LeaseFleet Fleet { get; }

    /// <summary>The configuration that it was made from.</summary>
    public RedisPlan Plan => _plan;

    /// <summary>The longest that a request waits for the store.</summary>
    public long TimeoutNs => _plan.Timeout.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Draws sent.</summary>
    public long Draws => Volatile.Read(ref _draws);

    /// <summary>Calls that were not answered, or not in time.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Begins to connect. What comes of it is seen in <see cref="Fleet"/>.</summary>
    public static RedisLeases Start(RedisPlan plan, LimitClock clock, TimeProvider time, ProgramLog log) =>
        new(plan, clock, time, log);

    /// <summary>Waits until the store has answered, but not for long: a gateway also starts without it.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        var end = _time.GetTimestamp() + (long)(StartPatience.TotalSeconds * _time.TimestampFrequency);
        while (Fleet.IsDown && _time.GetTimestamp() < end)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, cancellation);
        }

        if (Fleet.IsDown)
        {
            var policy = _plan.WhenDown == WhenDown.Open ? "local" : "closed";
            _log.Say($"edge: redis does not answer; limits are {policy} until it does");
        }
    }

    /// <summary>
    /// Draws a slice, or waits for the draw that is under way. Never fails: what came of it is seen in the bucket and in
    /// <see cref="Fleet"/>.
    /// </summary>
    public Task DrawAsync(LeasedBucket bucket, LimitRule rule, long need)
    {
        if (!bucket.TryPlan(rule, need, _clock, out var draw))
        {
            return bucket.Pending ?? Task.CompletedTask;
        }

        return bucket.Pending = RunDrawAsync(bucket, rule, draw);
    }

    /// <summary>Gives unspent units back, if there are any and they have been lying about, or at once.</summary>
    public Task GiveBackAsync(LeasedBucket bucket, bool all)
    {
        var rule = bucket.Rule;
        if (Fleet.IsDown || rule.Lease is not { } lease || lease.Fleet != Fleet
            || !bucket.TryTakeBack(_clock.NowNs, all, out var back))
        {
            return Task.CompletedTask;
        }

        return rule.Kind == LimitKind.Window
            ? CallAsync(
                ReturnWindow, KeyOf(bucket), [back.Units, back.WindowStart, _replica, Interlocked.Increment(ref _returns)])
            : CallAsync(ReturnBucket, KeyOf(bucket), [back.Units, back.State, lease.ChargeMicros, lease.ChargeUnits]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        Fleet.IsDown = true;
        if (_connection is { } connection)
        {
            await connection.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task RunDrawAsync(LeasedBucket bucket, LimitRule rule, LeaseDraw draw)
    {
        Interlocked.Increment(ref _draws);
        var lease = rule.Lease!;
        var answer = rule.Kind == LimitKind.Window
            ? await CallAsync(DrawWindow, KeyOf(bucket),
                [draw.Need, draw.Demand, draw.Want, draw.Debt, draw.Seen, rule.Limit, draw.WindowStart, draw.WindowEnd])
            : await CallAsync(DrawBucket, KeyOf(bucket),
                [
                    draw.Need, draw.Demand, draw.Want, draw.Debt, draw.Seen,
                    lease.CapacityMicros, lease.ChargeMicros, lease.ChargeUnits,
                ]);
        if (answer is [var granted, var state, var wait, var now])
        {
            bucket.Complete(rule, draw, new LeaseGrant(granted, state, wait, now), _clock);
        }
        else
        {
            bucket.Fail();
        }
    }

    private RedisKey KeyOf(LeasedBucket bucket) => $"{_plan.Prefix}:limit:{{{bucket.Name}}}";

    /// <summary>One call within the time that a request may wait; null where it failed, which opens the circuit.</summary>
    private async Task<long[]?> CallAsync(RedisScript script, RedisKey key, RedisValue[] arguments)
    {
        try
        {
            if (_connection is { } connection)
            {
                return await script.RunAsync(connection.GetDatabase(), key, arguments).WaitAsync(_plan.Timeout, _time);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Interlocked.Increment(ref _failures);
            MarkDown(exception);
        }

        return null;
    }

    private void MarkDown(Exception exception)
    {
        if (!Fleet.IsDown)
        {
            Fleet.IsDown = true;
            _log.Say($"edge: redis is away ({exception.GetType().Name}); limits are " +
                (_plan.WhenDown == WhenDown.Open ? "local: this replica's share" : "closed"));
        }
    }

    private async Task BeatAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await ConnectAsync();
                var answer = await CallAsync(
                    Beat, $"{_plan.Prefix}:replicas", [_replica, SilenceMax.Ticks / TimeSpan.TicksPerMicrosecond]);
                if (answer is [var replicas, var now])
                {
                    Fleet.Replicas = (int)replicas;
                    Fleet.Observe(now, _clock.NowNs);
                    if (Fleet.IsDown)
                    {
                        Fleet.IsDown = false;
                        _log.Say($"edge: redis answers; {replicas} replica{(replicas == 1 ? "" : "s")} known");
                    }
                }

                await Task.Delay(Fleet.IsDown ? ProbeInterval : BeatInterval, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task ConnectAsync()
    {
        if (_connection is not null)
        {
            return;
        }

        try
        {
            _connection = await ConnectionMultiplexer.ConnectAsync(Options());
        }
        catch (RedisException exception)
        {
            _log.Say($"edge: redis cannot be reached: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    private ConfigurationOptions Options()
    {
        var options = new ConfigurationOptions
        {
            // It goes on trying by itself, and what cannot be sent now fails now.
            AbortOnConnectFail = false,
            BacklogPolicy = BacklogPolicy.FailFast,
            ReconnectRetryPolicy = new LinearRetry((int)ProbeInterval.TotalMilliseconds),
            ClientName = "edge",
            Ssl = _plan.Tls,
            User = _plan.User,
            Password = _plan.Password?.Reveal(),
            ServiceName = _plan.SentinelPrimary,
        };
        foreach (var endpoint in _plan.Endpoints)
        {
            options.EndPoints.Add(endpoint);
        }

        return options;
    }
}
