using Edge.Core.Limits;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>What operators ask of the store.</summary>
internal sealed partial class RedisLeases
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(1);
    private static readonly RedisScript GiveBucket = new(LeaseScripts.GiveBucket);
    private static readonly RedisScript GiveWindow = new(LeaseScripts.GiveWindow);

    /// <summary>
    /// Gives units of a key back that the fleet has drawn, and learns on the way what is left. Other replicas find out when they
    /// next ask, which one that was refused does within a second.
    /// </summary>
    /// <param name="bucket">The bucket, which has its name.</param>
    /// <param name="rule">The rule in force.</param>
    /// <param name="units">How many, at most as many as were drawn; 0: it is only looked.</param>
    /// <returns>Units given back; null where the store did not answer.</returns>
    public async Task<long?> GiveByHandAsync(LeasedBucket bucket, LimitRule rule, long units)
    {
        if (!IsOurs(bucket) || !await TryBeginLookAsync(bucket))
        {
            return null;
        }

        // Requests that need a draw wait for the look, as they would for another's draw.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bucket.Pending = done.Task;
        try
        {
            return await LookAsync(bucket, rule, units);
        }
        finally
        {
            done.SetResult();
        }
    }

    private async Task<long?> LookAsync(LeasedBucket bucket, LimitRule rule, long units)
    {
        var lease = rule.Lease!;
        var key = KeyOf(bucket, rule);
        var sentNs = _clock.NowNs;
        var isWindow = rule.Kind == LimitKind.Window;
        var start = rule.Schedule?.Bounds(lease.Fleet.StoreMicros(sentNs, _clock)).Start ?? 0;
        var amount = isWindow ? units : MicrosOf(lease, units);
        RedisValue[] arguments = isWindow ? [amount, start] : [amount];
        var (answer, _) = await CallAsync(isWindow ? GiveWindow : GiveBucket, key, arguments, ShardOf(key));
        if (answer is not [var given, var state, var now])
        {
            bucket.Fail();
            return null;
        }

        bucket.EndLook(state, now, start, sentNs, isMore: given > 0);
        // A unit of which time had given a part back already counts as one.
        return isWindow || given == amount ? Math.Min(given, units)
            : (long)((((Int128)given * lease.ChargeUnits) + lease.ChargeMicros - 1) / lease.ChargeMicros);
    }

    private async Task<bool> TryBeginLookAsync(LeasedBucket bucket)
    {
        // A draw ends within the timeout, one way or the other.
        var end = _time.GetTimestamp() + (long)(2 * _plan.Timeout.TotalSeconds * _time.TimestampFrequency);
        while (!bucket.TryBeginLook())
        {
            if (_time.GetTimestamp() > end)
            {
                return false;
            }

            await Task.Delay(LookInterval, _time);
        }

        return true;
    }

    // Of a bucket that holds less, less is given: its capacity is the most that can have been drawn.
    private static long MicrosOf(LeasePolicy lease, long units) =>
        (long)Int128.Min((Int128)units * lease.ChargeMicros / lease.ChargeUnits, 2 * lease.CapacityMicros);
}
