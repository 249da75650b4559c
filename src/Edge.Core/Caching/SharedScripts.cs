namespace Edge.Core.Caching;

/// <summary>
/// What the common store does for the cache, as Lua for Redis, Valkey and whatever else speaks their protocol. The keys of a call
/// are in one slot of a cluster. The state of a resource is remembered for 25 hours: longer than any answer.
/// </summary>
public static class SharedScripts
{
    /// <summary>
    /// Finds an answer. Keys: the answer, and where there is such a thing the state of its resource. Answers: the state (0: it
    /// has none), the answer and how long it is kept, in ms. A state that is not known begins anew with the time, so that no
    /// answer from before has it: whatever the store has forgotten meanwhile.
    /// </summary>
    public const string Find = """
        local stamp = '0'
        if KEYS[2] then
          stamp = redis.call('GET', KEYS[2])
          if not stamp then
            local time = redis.call('TIME')
            stamp = string.format('%.0f', time[1] * 1000000 + time[2])
            redis.call('SET', KEYS[2], stamp, 'PX', '90000000')
            return { stamp }
          end
        end
        local found = redis.call('GET', KEYS[1])
        if not found then return { stamp } end
        return { stamp, found, redis.call('PTTL', KEYS[1]) }
        """;

    /// <summary>
    /// Keeps an answer, unless its resource was changed since it was asked for. Keys as for <see cref="Find"/>; arguments: the
    /// answer, how long it is kept in ms, the state that was known. Answers: 1 where it was kept.
    /// </summary>
    public const string Keep = """
        if KEYS[2] then
          if redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
          redis.call('PEXPIRE', KEYS[2], '90000000')
        end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """;

    /// <summary>Forgets the state of a resource, and with it all answers. Key: the state. Answers: 1.</summary>
    public const string Change = """
        redis.call('DEL', KEYS[1])
        return 1
        """;

    /// <summary>
    /// Notes a purge. Keys: its number, the list of purges; arguments: the purge, most that are listed. Answers: its number.
    /// Where none is known the time is the first, so that no number comes again.
    /// </summary>
    public const string Purge = """
        local newest = redis.call('GET', KEYS[1])
        if not newest then
          local time = redis.call('TIME')
          redis.call('SET', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]))
          redis.call('DEL', KEYS[2])
        end
        redis.call('RPUSH', KEYS[2], ARGV[1])
        redis.call('LTRIM', KEYS[2], '-' .. ARGV[2], '-1')
        return redis.call('INCR', KEYS[1])
        """;

    /// <summary>
    /// Reads purges. Keys as for <see cref="Purge"/>; arguments: the newest that is known, most that are read. Answers: the
    /// newest that there is, how many are listed, and those after the known one.
    /// </summary>
    public const string Read = """
        local newest = redis.call('GET', KEYS[1])
        if not newest then
          local time = redis.call('TIME')
          newest = string.format('%.0f', time[1] * 1000000 + time[2])
          redis.call('SET', KEYS[1], newest)
          redis.call('DEL', KEYS[2])
        end
        local count = redis.call('LLEN', KEYS[2])
        local from = count - (tonumber(newest) - tonumber(ARGV[1]))
        if from < 0 or from >= count then return { newest, count } end
        return { newest, count, redis.call(
          'LRANGE', KEYS[2], string.format('%.0f', from), string.format('%.0f', from + tonumber(ARGV[2]) - 1)) }
        """;
}
