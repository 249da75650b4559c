using System.Collections.Concurrent;
using System.Net;
using Edge.Core.Configuration;
using Edge.Telemetry;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>
/// The cache's own connection to the store that replicas share, and its circuit: large answers are not to hold up limits. The
/// first call that is not answered in time opens the circuit, and from then on nobody waits until a probe is answered. Of a
/// cluster each primary has a circuit of its own. Safe from any thread.
/// </summary>
internal sealed class RedisCacheLink(RedisPlan plan, SharedCounters counters, TimeProvider time, ProgramLog log)
    : IAsyncDisposable
{
    private readonly ConcurrentDictionary<EndPoint, RedisShard> _shards = new();
    private readonly RedisScript _probe = new(Core.Limits.LeaseScripts.Probe);
    private ConnectionMultiplexer? _connection;
    private string? _refusal;
    private volatile bool _isUp;

    /// <summary>True while it answers.</summary>
    public bool IsUp => _isUp;

    /// <summary>Connects, where that has not been done. Waits for as long as connecting takes.</summary>
    /// <param name="channel">What is listened to.</param>
    /// <param name="heard">Gets what is said there.</param>
    /// <returns>False where there is no connection yet.</returns>
    public async Task<bool> TryConnectAsync(string channel, Action<string> heard)
    {
        if (_connection is { IsConnected: true })
        {
            return true;
        }

        if (_connection is null)
        {
            try
            {
                var connection = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Options(plan));
                _connection = connection;
                await connection.GetSubscriber().SubscribeAsync(
                    RedisChannel.Literal(channel), (_, message) => heard(message.ToString()));
            }
            catch (RedisException)
            {
                // Said by the limits' connection, or when it is first seen to answer.
                return false;
            }
        }

        return _connection.IsConnected;
    }

    /// <summary>Tells all replicas something. What becomes of it nobody knows.</summary>
    public void Publish(string channel, string message)
    {
        try
        {
            _connection?.GetSubscriber().Publish(RedisChannel.Literal(channel), message, CommandFlags.FireAndForget);
        }
        catch (Exception exception) when (exception is RedisException or ObjectDisposedException)
        {
            // They find out without it, a little later.
            counters.Fail(RedisFault.Connection);
        }
    }

    /// <summary>True where a call for a key would be answered, as far as is known.</summary>
    public bool Serves(RedisKey key) => _isUp && ShardOf(key) is not { Lease.IsDown: true };

    /// <summary>One call, for no longer than a request may wait.</summary>
    /// <returns>Null where it failed.</returns>
    public async Task<RedisResult?> CallAsync(RedisScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            if (_connection is not { } connection)
            {
                return null;
            }

            return await script.RunAsync(connection.GetDatabase(), keys, arguments).WaitAsync(plan.Timeout, time);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var fault = RedisFaults.Of(exception, isLoginRefused: false);
            counters.Fail(fault);
            MarkDown(keys[0], fault, exception);
            return null;
        }
    }

    /// <summary>It answers again.</summary>
    public void MarkUp()
    {
        if (!_isUp)
        {
            _isUp = true;
            log.CacheIsShared();
        }
    }

    /// <summary>It does not: nobody asks it until it does again.</summary>
    public void MarkDown(string why)
    {
        if (_isUp)
        {
            _isUp = false;
            log.CacheIsAlone(why);
        }
    }

    /// <summary>Finds out which primaries of a cluster are back.</summary>
    /// <returns>True where one is still away.</returns>
    public async Task<bool> ProbeAsync()
    {
        var isAnyAway = false;
        foreach (var (_, shard) in _shards)
        {
            if (!shard.Lease.IsDown)
            {
                continue;
            }

            if (await CallAsync(_probe, [shard.Probe], []) is null)
            {
                isAnyAway = true;
            }
            else
            {
                shard.Lease.IsDown = false;
                log.CacheShardIsShared(shard.Name);
            }
        }

        return isAnyAway;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isUp = false;
        if (_connection is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    private void MarkDown(RedisKey key, RedisFault fault, Exception exception)
    {
        var why = RedisFaults.Describe(fault, exception);
        if (fault is RedisFault.Full or RedisFault.Refused or RedisFault.Permission)
        {
            // It answers, and at once: the next call may be another matter.
            if (Interlocked.Exchange(ref _refusal, why) != why)
            {
                log.CacheCallRefused(why);
            }
        }
        else if (ShardOf(key) is { } shard)
        {
            if (shard.MarkDown($"{plan.Prefix}:probe:{key}"))
            {
                log.CacheShardIsAway(shard.Name, why);
            }
        }
        else
        {
            MarkDown(why);
        }
    }

    /// <summary>The primary of a cluster that a key is on, as far as that is known; null where there is no cluster.</summary>
    private RedisShard? ShardOf(RedisKey key)
    {
        if (_connection is not { } connection)
        {
            return null;
        }

        foreach (var server in connection.GetServers())
        {
            if (server is { IsConnected: true, ServerType: ServerType.Cluster, ClusterConfiguration: { } told }
                && told.GetBySlot(key)?.EndPoint is { } endpoint)
            {
                return _shards.GetOrAdd(endpoint, static e => new RedisShard(e.ToString() ?? ""));
            }
        }

        return null;
    }
}
