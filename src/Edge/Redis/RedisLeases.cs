using System.Collections.Concurrent;
using System.Net;
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
/// that time: there is nothing to catch up with. Of a cluster each primary has a circuit of its own.
/// </remarks>
internal sealed partial class RedisLeases : IAsyncDisposable
{
    /// <summary>Time between two signs of life.</summary>
    public static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(1);

    /// <summary>Time between two probes of a store that is away.</summary>
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>A replica that has not been heard of for this long does not count.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(10);

    /// <summary>The longest that starting waits for the store.</summary>
    public static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    /// <summary>Most draws under way. Limits that would need one more go by the policy, as if the store were away.</summary>
    public const int DrawsMax = 4096;

    /// <summary>A key that the store refused a call for is not asked for again for this long.</summary>
    public static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(1);

    private const long CrowdedNs = 10_000_000;

    private static readonly RedisScript DrawBucket = new(LeaseScripts.DrawBucket);
    private static readonly RedisScript DrawWindow = new(LeaseScripts.DrawWindow);
    private static readonly RedisScript ReturnBucket = new(LeaseScripts.ReturnBucket);
    private static readonly RedisScript ReturnWindow = new(LeaseScripts.ReturnWindow);
    private static readonly RedisScript Probe = new(LeaseScripts.Probe);
    private static readonly RedisScript Beat = new(LeaseScripts.Beat);

    private readonly RedisPlan _plan;
    private readonly LimitClock _clock;
    private readonly LeaseCounters _counters;
    private readonly TimeProvider _time;
    private readonly ProgramLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _replica = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly ConcurrentDictionary<EndPoint, RedisShard> _shards = new();
    private readonly Task _beating;
    private ConnectionMultiplexer? _connection;
    private volatile RedisFault _fault;
    private volatile bool _isLoginRefused;
    private volatile bool _isCluster;
    private string? _refusal;
    private int _drawing;
    private long _returns;

    private RedisLeases(RedisPlan plan, LimitClock clock, LeaseCounters counters, TimeProvider time, ProgramLog log)
    {
        _counters = counters;
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

    /// <summary>Calls by which slices and unspent units were given back.</summary>
    public long Returns => Volatile.Read(ref _returns);

    /// <summary>Why the last call failed, while the store is away.</summary>
    public RedisFault Fault => Fleet.IsDown ? _fault : RedisFault.None;

    /// <summary>Primaries of a cluster that do not answer, by their addresses.</summary>
    public IEnumerable<string> ShardsAway
    {
        get
        {
            foreach (var (_, shard) in _shards)
            {
                if (shard.Lease.IsDown)
                {
                    yield return shard.Name;
                }
            }
        }
    }

    /// <summary>Begins to connect. What comes of it is seen in <see cref="Fleet"/>.</summary>
    public static RedisLeases Start(
        RedisPlan plan, LimitClock clock, LeaseCounters counters, TimeProvider time, ProgramLog log) =>
        new(plan, clock, counters, time, log);

    /// <summary>Waits until the store has answered, but not for long: a gateway also starts without it.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        var end = _time.GetTimestamp() + (long)(StartPatience.TotalSeconds * _time.TimestampFrequency);
        while (Fleet.IsDown && _time.GetTimestamp() < end)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, cancellation);
        }

        if (Fleet.IsDown && _fault == RedisFault.None)
        {
            _log.RedisIsSilent(Policy);
        }
    }

    /// <summary>
    /// Draws a slice, or waits for the draw that is under way. Never fails: what came of it is seen in the bucket and in
    /// <see cref="Fleet"/>.
    /// </summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="rule">The rule in force.</param>
    /// <param name="need">The least that is of use; 0: the store is to be told what is owed.</param>
    public Task DrawAsync(LeasedBucket bucket, LimitRule rule, long need)
    {
        var key = KeyOf(bucket, rule);
        var shard = ShardOf(key);
        bucket.Shard = shard?.Lease;
        if (shard is { Lease.IsDown: true })
        {
            return Task.CompletedTask;
        }

        if (Volatile.Read(ref _drawing) >= DrawsMax)
        {
            bucket.StayAway(_clock.NowNs + CrowdedNs);
            return Task.CompletedTask;
        }

        if (!bucket.TryPlan(rule, need, _clock, out var draw))
        {
            return bucket.Pending ?? Task.CompletedTask;
        }

        return bucket.Pending = RunDrawAsync(bucket, rule, key, shard, draw);
    }

    /// <summary>Tells the store what it should know of a bucket now: units that are owed, and such as came back late.</summary>
    public void Tell(LeasedBucket bucket, LimitRule rule)
    {
        if (Fleet.IsDown)
        {
            return;
        }

        if (bucket.Owes)
        {
            _ = DrawAsync(bucket, rule, 0);
        }

        ReturnLate(bucket, rule);
    }

    /// <summary>Gives unspent units back that have been lying about.</summary>
    public void GiveBack(LeasedBucket bucket)
    {
        if (IsOurs(bucket) && bucket.TryTakeBack(_clock.NowNs, all: false, out var back))
        {
            bucket.Returning = ReturnAsync(bucket, bucket.Rule, back);
        }
    }

    /// <summary>Gives all back that is left, once what is under way has ended. For a bucket that nobody uses any more.</summary>
    public async Task GiveBackAllAsync(LeasedBucket bucket)
    {
        await (bucket.Pending ?? Task.CompletedTask);
        await (bucket.Returning ?? Task.CompletedTask);
        if (IsOurs(bucket) && bucket.TryTakeBack(_clock.NowNs, all: true, out var back))
        {
            await ReturnAsync(bucket, bucket.Rule, back);
        }
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

    private bool IsOurs(LeasedBucket bucket) => !Fleet.IsDown && bucket.Rule.Lease is { } lease && lease.Fleet == Fleet;

    private string Policy =>
        _plan.WhenDown == WhenDown.Open ? "limits are local: this replica's share" : "limits are closed";

    private async Task RunDrawAsync(LeasedBucket bucket, LimitRule rule, RedisKey key, RedisShard? shard, LeaseDraw draw)
    {
        Interlocked.Increment(ref _counters.Draws);
        Interlocked.Increment(ref _drawing);
        var lease = rule.Lease!;
        RedisValue[] arguments = rule.Kind == LimitKind.Window
            ? [draw.Need, draw.Demand, draw.Want, draw.Debt, draw.Seen, rule.Limit, draw.WindowStart, draw.WindowEnd]
            :
            [
                draw.Need, draw.Demand, draw.Want, draw.Debt, draw.Seen,
                lease.CapacityMicros, lease.ChargeMicros, lease.ChargeUnits,
            ];
        var (answer, fault) = await CallAsync(rule.Kind == LimitKind.Window ? DrawWindow : DrawBucket, key, arguments, shard);
        Interlocked.Decrement(ref _drawing);
        switch (answer)
        {
            case [var granted, var state, var wait, var now]:
                bucket.Complete(rule, draw, new LeaseGrant(granted, state, wait, now), _clock);
                break;
            case [var granted, var state, var wait, var now, var refunded, var epoch]:
                bucket.Complete(rule, draw, new LeaseGrant(granted, state, wait, now, refunded, epoch), _clock);
                break;
            default:
                // Where it is not the whole store that is away, this bucket goes by the policy for a while.
                var pause = fault == RedisFault.Refused ? RefusedPause : _isCluster ? ProbeInterval : TimeSpan.Zero;
                bucket.Fail(pause == TimeSpan.Zero ? 0 : _clock.NowNs + (pause.Ticks * TimeSpan.NanosecondsPerTick));
                return;
        }

        // What lapsed before it was spent.
        ReturnLate(bucket, rule);
    }

    private void ReturnLate(LeasedBucket bucket, LimitRule rule)
    {
        if (bucket.TryTakeLate(_clock.NowNs, out var back))
        {
            bucket.Returning = ReturnAsync(bucket, rule, back);
        }
    }

    private async Task ReturnAsync(LeasedBucket bucket, LimitRule rule, LeaseReturn back)
    {
        var number = Interlocked.Increment(ref _returns);
        var key = KeyOf(bucket, rule);
        RedisScript script;
        RedisValue[] arguments;
        if (rule.Kind == LimitKind.Window)
        {
            script = ReturnWindow;
            arguments = [back.Units, back.Epoch, _replica, number];
        }
        else
        {
            script = ReturnBucket;
            arguments = new RedisValue[5 + (2 * back.Parts.Length)];
            var lease = rule.Lease!;
            (arguments[0], arguments[1]) = (lease.ChargeMicros, lease.ChargeUnits);
            (arguments[2], arguments[3], arguments[4]) = (back.Epoch, _replica, number);
            for (var i = 0; i < back.Parts.Length; i++)
            {
                arguments[5 + (2 * i)] = back.Parts[i].Units;
                arguments[6 + (2 * i)] = back.Parts[i].Place;
            }
        }

        bucket.EndReturn(await CallAsync(script, key, arguments, ShardOf(key)) is ([> 0, ..], _));
    }

    private RedisKey KeyOf(LeasedBucket bucket, LimitRule rule) =>
        $"{_plan.Prefix}:{(rule.Kind == LimitKind.Window ? "window" : "bucket")}:{{{bucket.Name}}}";

    /// <summary>
    /// The primary of a cluster that a key is on, as far as that is known; null where the store is one server. It is looked up in
    /// what the servers last told: the client itself names just any other where that primary is away.
    /// </summary>
    private RedisShard? ShardOf(RedisKey key)
    {
        if (!_isCluster || _connection is not { } connection)
        {
            return null;
        }

        foreach (var server in connection.GetServers())
        {
            if (server is { IsConnected: true, ClusterConfiguration: { } told } && told.GetBySlot(key)?.EndPoint is { } endpoint)
            {
                return _shards.GetOrAdd(endpoint, static e => new RedisShard(e.ToString() ?? ""));
            }
        }

        return null;
    }

    /// <summary>One call within the time that a request may wait; null where it failed, which opens the circuit.</summary>
    private async Task<(long[]? Answer, RedisFault Fault)> CallAsync(
        RedisScript script, RedisKey key, RedisValue[] arguments, RedisShard? shard)
    {
        try
        {
            if (_connection is not { } connection)
            {
                return (null, RedisFault.Connection);
            }

            var call = script.RunAsync(connection.GetDatabase(), key, arguments);
            return (await call.WaitAsync(_plan.Timeout, _time), RedisFault.None);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Interlocked.Increment(ref _counters.Failures);
            var fault = RedisFaults.Of(exception, _isLoginRefused);
            MarkDown(fault, exception, shard, key);
            return (null, fault);
        }
    }

    private void MarkDown(RedisFault fault, Exception exception, RedisShard? shard, RedisKey key)
    {
        var why = RedisFaults.Describe(fault, exception);
        if (fault == RedisFault.Refused)
        {
            if (Interlocked.Exchange(ref _refusal, why) != why)
            {
                _log.RedisRefuses(why);
            }
        }
        else if (_isCluster)
        {
            if (shard?.MarkDown($"{_plan.Prefix}:probe:{key}") == true)
            {
                _log.RedisShardIsAway(shard.Name, why, Policy);
            }

            Fleet.IsDown = Fleet.IsDown || AreAllAway();
        }
        else if (!Fleet.IsDown || fault != _fault)
        {
            _fault = fault;
            Fleet.IsDown = true;
            _log.RedisIsAway(why, Policy);
        }
    }

    /// <summary>True where no primary of the cluster answers.</summary>
    private bool AreAllAway()
    {
        foreach (var server in _connection?.GetServers() ?? [])
        {
            if (server is { IsReplica: false, IsConnected: true }
                && !(_shards.TryGetValue(server.EndPoint, out var shard) && shard.Lease.IsDown))
            {
                return false;
            }
        }

        return true;
    }

    /// <returns>True where it was away.</returns>
    private bool MarkUp()
    {
        _fault = RedisFault.None;
        _isLoginRefused = false;
        (var wasDown, Fleet.IsDown) = (Fleet.IsDown, false);
        return wasDown;
    }

    private async Task BeatAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await ConnectAsync();
                RedisKey key = $"{_plan.Prefix}:replicas";
                var (answer, _) = await CallAsync(
                    Beat, key, [_replica, SilenceMax.Ticks / TimeSpan.TicksPerMicrosecond], ShardOf(key));
                if (answer is [var replicas, var now])
                {
                    Fleet.Replicas = (int)replicas;
                    Fleet.Observe(now, _clock.NowNs);
                    _isCluster = IsCluster();
                    if (MarkUp())
                    {
                        _log.RedisAnswers(replicas, replicas == 1 ? "replica" : "replicas");
                    }
                }

                var isAnyAway = await ProbeAsync();
                await Task.Delay(Fleet.IsDown || isAnyAway ? ProbeInterval : BeatInterval, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>Finds out which primaries are back.</summary>
    /// <returns>True where one is still away.</returns>
    private async Task<bool> ProbeAsync()
    {
        var isAnyAway = false;
        foreach (var (_, shard) in _shards)
        {
            if (!shard.Lease.IsDown)
            {
                continue;
            }

            if (await CallAsync(Probe, shard.Probe, [], shard) is ([1], _))
            {
                shard.Lease.IsDown = false;
                _log.RedisShardServes(shard.Name);
                if (MarkUp())
                {
                    _log.RedisAnswersAgain();
                }
            }
            else
            {
                isAnyAway = true;
            }
        }

        return isAnyAway;
    }

    private bool IsCluster()
    {
        foreach (var server in _connection!.GetServers())
        {
            if (server is { IsConnected: true, ServerType: ServerType.Cluster })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a connection that was not made failed for its credentials. The event that says so may have come before anybody
    /// listened; an attempt that gives up at once says why.
    /// </summary>
    private async Task<bool> IsLoginRefusedAsync()
    {
        var options = RedisConnection.Options(_plan);
        options.AbortOnConnectFail = true;
        try
        {
            await using var once = await ConnectionMultiplexer.ConnectAsync(options);
            return false;
        }
        catch (RedisException exception)
        {
            return RedisFaults.IsOfLogin(exception);
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
            var connection = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Options(_plan));
            connection.ConnectionFailed += (_, failed) =>
                _isLoginRefused |= failed.FailureType == ConnectionFailureType.AuthenticationFailure;
            _isLoginRefused = !connection.IsConnected && await IsLoginRefusedAsync();
            _connection = connection;
        }
        catch (RedisException exception)
        {
            _log.RedisIsUnreachable(exception.Message.ReplaceLineEndings(" "));
        }
    }
}
