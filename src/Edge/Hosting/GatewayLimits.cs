using System.Buffers.Binary;
using System.Security.Cryptography;
using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Redis;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>
/// What all limits of a gateway share and what outlives a reload: the clock, the table of buckets, the common store. It owns
/// the store. Safe from any thread, but for <see cref="Use"/>.
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
    public GatewayLimits(TimeProvider time, ProgramLog log)
    {
        _time = time;
        _log = log;
        Clock = new LimitClock(time);
        Span<byte> secret = stackalloc byte[16];
        RandomNumberGenerator.Fill(secret);
        Hasher = new KeyHasher(
            BinaryPrimitives.ReadUInt64LittleEndian(secret), BinaryPrimitives.ReadUInt64LittleEndian(secret[8..]));
        Table = new LimitTable();
    }

    /// <summary>The time that limits go by.</summary>
    public LimitClock Clock { get; }

    /// <summary>Makes the keys of buckets.</summary>
    public KeyHasher Hasher { get; }

    /// <summary>All buckets.</summary>
    public LimitTable Table { get; }

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

        Leases = plan is null ? null : RedisLeases.Start(plan, Clock, _time, _log);
        return old;
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
