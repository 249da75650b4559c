namespace Edge.Core.Limits;

/// <summary>
/// What the common store does, as Lua for Redis, Valkey and whatever else speaks their protocol. Each script touches one key,
/// so a cluster may keep any key anywhere, and takes the time from the store itself.
/// </summary>
/// <remarks>
/// Numbers are microseconds or units. Lua's numbers are doubles: exact to 2^53, which microseconds since 1970 reach in the
/// year 2255. They are written with <c>%.0f</c>, since <c>tostring</c> would cut them to 14 digits.
/// </remarks>
public static class LeaseScripts
{
    /// <summary>Most fields of a bucket: beyond, it begins anew, and what was drawn before cannot be given back.</summary>
    private const string FieldsMax = "64";

    /// <summary>
    /// Draws from a bucket that fills evenly. Arguments: need, demand, want, debt, arrival time last seen, capacity, micros and
    /// units of a charge. Answers: granted, arrival time, wait, now, micros given back so far, since when they are counted.
    /// </summary>
    /// <remarks>
    /// The bucket lives until a second after the latest arrival time that any replica was told, also where it is full before
    /// that since something was given back: else a replica would take it for lost, and bring back what it saw last.
    /// </remarks>
    public const string DrawBucket = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local need, demand, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local debt = math.max(tonumber(ARGV[4]), 0)
        local capacity, micros, units = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
        local state = redis.call('HMGET', KEYS[1], 't', 'r', 'e', 'm')
        local tat, back, epoch = tonumber(state[1] or ARGV[5]), tonumber(state[2] or 0), tonumber(state[3] or now)
        if tat < now then tat = now end
        tat = math.min(tat + math.ceil(debt * micros / units), now + 2 * capacity)
        local free = math.max(math.floor((now + capacity - tat) * units / micros), 0)
        local granted = math.min(want, math.max(demand, math.floor(free / 8)))
        if granted > free then granted = free end
        local charge = math.ceil(granted * micros / units)
        if granted > 0 and tat + charge > now + capacity then
          granted = granted - 1
          charge = math.ceil(granted * micros / units)
        end
        local wait = 0
        if granted < need then
          granted, charge = 0, 0
          wait = math.max(tat + math.ceil(need * micros / units) - capacity - now, 1)
        end
        tat = tat + charge
        if charge > 0 or debt > 0 then
          local told = math.max(tat, tonumber(state[4] or 0))
          redis.call('HSET', KEYS[1], 't', string.format('%.0f', tat), 'r', string.format('%.0f', back),
            'e', string.format('%.0f', epoch), 'm', string.format('%.0f', told))
          redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((told - now) / 1000) + 1000))
        end
        return { granted, tat, wait, now, back, epoch }
        """;

    /// <summary>
    /// Draws from a window. Arguments: need, demand, want, debt, count last seen, limit, the window's beginning and end. Answers:
    /// granted (-1: that window is not in force), count, wait, now.
    /// </summary>
    public const string DrawWindow = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local need, demand, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local debt = math.max(tonumber(ARGV[4]), 0)
        local limit, first, last = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
        if now < first or now >= last then return { -1, 0, 0, now } end
        local state = redis.call('HMGET', KEYS[1], 's', 'u')
        local start, used = tonumber(state[1] or 0), tonumber(state[2] or 0)
        if start > first then return { 0, limit, last - now, now } end
        if start < first then
          used = tonumber(ARGV[5])
          redis.call('DEL', KEYS[1])
        end
        used = math.min(used + debt, math.max(limit, used))
        local free = math.max(limit - used, 0)
        local granted = math.min(want, math.max(demand, math.floor(free / 8)))
        if granted > free then granted = free end
        if granted < need then granted = 0 end
        used = used + granted
        redis.call('HSET', KEYS[1], 's', ARGV[7], 'u', string.format('%.0f', used))
        redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil(last / 1000) + 1000))
        return { granted, used, granted == 0 and last - now or 0, now }
        """;

    /// <summary>
    /// Takes units of a bucket back that were drawn and not used. Arguments: micros and units of a charge, since when it is
    /// counted, the replica, a number that grows, and for each draw: units, and its place, which is the arrival time after it and
    /// all that had been given back by then. Answers the micros taken back, and now.
    /// </summary>
    /// <remarks>
    /// The bucket is the end of a queue that time serves. A draw's place in it ended at its arrival time; what was given back
    /// since has moved it forward. What of the place lies behind now has been served, and time has given it back already. A
    /// number that came before does nothing, and neither does what was drawn before the store began to count: after a bucket has
    /// been full, or been lost, nothing of it is owed to anybody.
    /// </remarks>
    public const string ReturnBucket = $$"""
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local micros, units = tonumber(ARGV[1]), tonumber(ARGV[2])
        local state = redis.call('HMGET', KEYS[1], 't', 'r', 'e', 'm', ARGV[4])
        if state[3] ~= ARGV[3] or tonumber(ARGV[5]) <= tonumber(state[5] or 0) then return { 0, now } end
        local tat, back = tonumber(state[1]), tonumber(state[2])
        local before = back
        for i = 6, #ARGV - 1, 2 do
          local unserved = math.min(ARGV[i + 1] - back, tat) - now
          local give = math.min(math.floor(ARGV[i] * micros / units), unserved)
          if give > 0 then tat, back = tat - give, back + give end
        end
        if back == before then return { 0, now } end
        if redis.call('HLEN', KEYS[1]) >= {{FieldsMax}} then
          redis.call('DEL', KEYS[1])
          redis.call('HSET', KEYS[1], 't', string.format('%.0f', tat), 'r', 0, 'e', string.format('%.0f', now), 'm', state[4])
          redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((state[4] - now) / 1000) + 1000))
        else
          redis.call('HSET', KEYS[1], 't', string.format('%.0f', tat), 'r', string.format('%.0f', back), ARGV[4], ARGV[5])
        end
        return { back - before, now }
        """;

    /// <summary>
    /// Takes unspent units of a window back, once for each number that a replica gives. Arguments: units, the window's
    /// beginning, the replica, a number that grows. Answers 1 where it did.
    /// </summary>
    public const string ReturnWindow = """
        if redis.call('HGET', KEYS[1], 's') ~= ARGV[2] then return 0 end
        local last = tonumber(redis.call('HGET', KEYS[1], ARGV[3]) or 0)
        if tonumber(ARGV[4]) <= last then return 0 end
        local used = tonumber(redis.call('HGET', KEYS[1], 'u')) - tonumber(ARGV[1])
        redis.call('HSET', KEYS[1], 'u', string.format('%.0f', math.max(used, 0)), ARGV[3], ARGV[4])
        return 1
        """;

    /// <summary>
    /// Gives a part of a bucket back that nobody has to have drawn: by hand. Argument: micros, 0 to look only. Answers the micros
    /// given back, the arrival time, and now.
    /// </summary>
    /// <remarks>
    /// All that stands in the queue moves forward, as where a draw is taken back, so that what is taken back later has its place.
    /// A key that is gone is a bucket that is full.
    /// </remarks>
    public const string GiveBucket = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local state = redis.call('HMGET', KEYS[1], 't', 'r')
        local tat = math.max(tonumber(state[1] or 0), now)
        local give = math.min(tonumber(ARGV[1]), tat - now)
        if give > 0 then
          tat = tat - give
          redis.call('HSET', KEYS[1], 't', string.format('%.0f', tat), 'r', string.format('%.0f', tonumber(state[2]) + give))
        end
        return { give, tat, now }
        """;

    /// <summary>
    /// Gives units of a window back by hand. Arguments: units, 0 to look only, and the window's beginning. Answers the units
    /// given back, the count, and now.
    /// </summary>
    public const string GiveWindow = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local state = redis.call('HMGET', KEYS[1], 's', 'u')
        if state[1] ~= ARGV[2] then return { 0, 0, now } end
        local used = tonumber(state[2])
        local give = math.min(tonumber(ARGV[1]), used)
        if give > 0 then
          used = used - give
          redis.call('HSET', KEYS[1], 'u', string.format('%.0f', used))
        end
        return { give, used, now }
        """;

    /// <summary>
    /// Finds out whether a server writes again. Answers 1.
    /// </summary>
    public const string Probe = """
        redis.call('SET', KEYS[1], 1, 'PX', 1000)
        return 1
        """;

    /// <summary>
    /// Says that a replica is alive. Arguments: its name, micros that silence may last. Answers: replicas alive, now.
    /// </summary>
    public const string Beat = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local text = string.format('%.0f', now)
        redis.call('ZADD', KEYS[1], text, ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - tonumber(ARGV[2])))
        return { redis.call('ZCARD', KEYS[1]), now }
        """;
}
