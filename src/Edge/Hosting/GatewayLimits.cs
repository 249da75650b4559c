using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Redis;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>
/// What all limits of a gateway share and what outlives a reload: the clock, the table of buckets, the common store, the file
/// of counts. It owns store and file. Safe from any thread, but for <see cref="Use"/>.
/// </summary>
internal sealed class GatewayLimits : IAsyncDisposable
{
    /// <summary>In so many seconds the whole table is looked through once.</summary>
    private const int SweepSeconds = 30;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly ProgramLog _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _sweeping = Task.CompletedTask;
    private int _visited;
    private long _settledExactly;
    private long _settledByEstimate;
    private long _settledUnused;
    private bool _isSweeping;
    private bool _isDisposed;

    /// <summary>The limits of a gateway that has none yet.</summary>
    /// <exception cref="IOException">The file of counts cannot be opened.</exception>
    public GatewayLimits(LimitStatePlan? state, TimeProvider time, ProgramLog log)
    {
        _time = time;
        _log = log;
        Clock = new LimitClock(time);
        State = state is null ? null : LimitStateFile.Open(state, time, log);

        // Counts that are kept are found again by the secret that they were hashed with.
        var secret = State?.Secret ?? SystemRandom.NextSecret();
        Hasher = new KeyHasher((ulong)secret, (ulong)(secret >> 64));
        Table = new LimitTable();
    }

    /// <summary>The time that limits go by.</summary>
    public LimitClock Clock { get; }

    /// <summary>Makes the keys of buckets.</summary>
    public KeyHasher Hasher { get; }

    /// <summary>All buckets.</summary>
    public LimitTable Table { get; }

    /// <summary>The file that keeps counts; null: there is none.</summary>
    public LimitStateFile? State { get; }

    /// <summary>Where is noted what has to be kept; null: nothing is.</summary>
    public LimitJournal? Journal => State?.Journal;

    /// <summary>What is counted of common stores.</summary>
    public LeaseCounters LeaseCounters { get; } = new();

    /// <summary>The common store in force; null: there is none.</summary>
    public RedisLeases? Leases { get; private set; }

    /// <summary>Requests whose tokens or money were settled by what the provider reported.</summary>
    public long SettledExactly => Volatile.Read(ref _settledExactly);

    /// <summary>Those that were settled by an estimate, since nothing or not all was reported.</summary>
    public long SettledByEstimate => Volatile.Read(ref _settledByEstimate);

    /// <summary>Those that used nothing, so that all was given back.</summary>
    public long SettledUnused => Volatile.Read(ref _settledUnused);

    /// <summary>Counts a request whose tokens or money were settled.</summary>
    public void CountSettled(UsageKind kind)
    {
        ref var counter = ref kind == UsageKind.Exact ? ref _settledExactly : ref _settledByEstimate;
        Interlocked.Increment(ref kind == UsageKind.None ? ref _settledUnused : ref counter);
    }

    /// <summary>Takes the store that a configuration names. One thread at a time.</summary>
    /// <param name="plan">The store; null: none.</param>
    /// <param name="anyLimits">True where a route has limits, so that there will be buckets to look after.</param>
    /// <returns>The store of before, to be disposed once nobody uses it; null where nothing has changed or there was
    /// none.</returns>
    public RedisLeases? Use(RedisPlan? plan, bool anyLimits)
    {
        if (anyLimits && !_isSweeping)
        {
            _isSweeping = true;
            _sweeping = SweepAsync();
        }

        var old = Leases;
        if (plan is null ? old is null : plan.IsSameAs(old?.Plan))
        {
            return null;
        }

        Leases = plan is null ? null : RedisLeases.Start(plan, Clock, LeaseCounters, _time, _log);
        return old;
    }

    /// <summary>A bucket was changed by hand: has it kept, where it is.</summary>
    public void Note(Bucket bucket)
    {
        if (bucket is DurableBucket durable)
        {
            State?.Journal.Note(durable);
        }
    }

    /// <summary>Reads what the file of counts has for the limits of the routes. Before the first request.</summary>
    public void Restore(IEnumerable<RouteLimits?> routes)
    {
        if (State is null)
        {
            return;
        }

        var rules = new Dictionary<UInt128, LimitRule>();
        foreach (var limits in routes)
        {
            foreach (var limit in limits is null ? [] : (RouteLimit[])[.. limits.Requests, .. limits.Spending])
            {
                if (limit.Rule.Journal is not null)
                {
                    rules[limit.Rule.IdentityNumber] = limit.Rule;
                }
            }
        }

        State.Begin(rules, Table, Clock);
    }

    /// <summary>Gives the store back what is left of all slices: this replica is about to end.</summary>
    public async Task GiveBackAllAsync()
    {
        if (Leases is { } leases)
        {
            var calls = new List<Task>();
            Table.Visit(0, Table.ChainCount, static (bucket, state) =>
            {
                if (bucket is LeasedBucket leased)
                {
                    state.calls.Add(state.leases.GiveBackAllAsync(leased));
                }
            }, (leases, calls));
            await Task.WhenAll(calls);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stop.CancelAsync();
        await _sweeping;
        if (Leases is { } leases)
        {
            await leases.DisposeAsync();
        }

        if (State is not null)
        {
            await State.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task SweepAsync()
    {
        try
        {
            var chains = Table.ChainCount / SweepSeconds;
            while (true)
            {
                await Task.Delay(SweepInterval, _time, _stop.Token);
                Table.Sweep(Clock.NowNs, chains);
                if (Leases is { } leases)
                {
                    _visited = Table.Visit(_visited, chains, static (bucket, leases) =>
                    {
                        if (bucket is LeasedBucket leased)
                        {
                            leases.Tell(leased, leased.Rule);
                            leases.GiveBack(leased);
                        }
                    }, leases);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
