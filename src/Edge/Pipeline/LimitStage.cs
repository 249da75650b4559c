using System.Net;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Hosting;
using Edge.Redis;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Takes what a request counts for from all limits of its route, or turns it away: requests before the body is read, tokens and
/// money once it is known. It waits only where the limit is shared, this replica has nothing of it left and the store may have:
/// once, and no longer than <c>redis.timeout</c>.
/// </summary>
internal sealed class LimitStage(GatewayLimits limits)
{
    /// <summary>What a caller is told to wait where so many ask for a limit at once that its turn did not come.</summary>
    private const long CrowdedWaitNs = 1_000_000_000;

    /// <summary>Runs once the caller is known: takes what counts whatever the body says.</summary>
    public PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        if (context.Route!.Limits is not { Requests.Length: > 0 } route)
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        var hold = context.TakeLimits();
        var nowNs = limits.Clock.NowNs;
        foreach (var limit in route.Requests)
        {
            hold.Add(BucketOf(context, hold.KeyText, limit, nowNs), limit.Rule, cost: 1);
        }

        return TakeAsync(context, hold, route.Requests, route.Leases, nowNs);
    }

    /// <summary>Runs once the body is known: reserves the tokens and the money that the request may cost.</summary>
    public PooledValueTask<StageResult> ReserveAsync(RequestContext context)
    {
        if (context.Route!.Limits is not { Spending.Length: > 0 } route)
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        if (route.HasBudget && context.Facts.IsKnown && context.Price is null)
        {
            context.LimitsHeld?.GiveBack(limits.Clock);
            return new PooledValueTask<StageResult>(StageResult.Failed(Failure.CallerModelWithoutPrice));
        }

        var hold = context.TakeSpending();
        var nowNs = limits.Clock.NowNs;
        foreach (var limit in route.Spending)
        {
            var cost = LimitCost.Reserved(limit.Rule.Unit, context.Facts, context.Price);
            hold.Add(BucketOf(context, hold.KeyText, limit, nowNs), limit.Rule, cost);
        }

        if (context.Route.Plan.StopsWhenExhausted)
        {
            context.GuardSpending(limits.Clock, route.Leases);
        }

        return TakeAsync(context, hold, route.Spending, route.Leases, nowNs);
    }

    /// <summary>
    /// Runs once when the exchange is over, whatever became of it and after its usage is known: replaces what was reserved by
    /// what was used, and ends what counts only while it runs.
    /// </summary>
    public void Settle(RequestContext context)
    {
        context.LimitsHeld?.Release(limits.Clock);
        if (context.SpendingHeld is not { } hold)
        {
            return;
        }

        var isCharged = false;
        for (var i = 0; i < hold.Count; i++)
        {
            ref readonly var take = ref hold.Takes[i];
            if (!take.IsHeld)
            {
                continue;
            }

            isCharged = true;
            var used = LimitCost.Charged(take.Rule.Unit, context.Usage, context.Price);
            if (hold.Settle(i, used, limits.Clock) && context.Route?.Limits?.Leases is { } leases)
            {
                // The other replicas are to know of it now, not only when this one needs more.
                leases.Tell((LeasedBucket)take.Bucket, take.Rule);
            }
        }

        if (isCharged)
        {
            limits.CountSettled(context.Usage.Kind);
        }
    }

    private PooledValueTask<StageResult> TakeAsync(
        RequestContext context, LimitHold hold, RouteLimit[] items, RedisLeases? leases, long nowNs)
    {
        var status = TryTake(context, hold, items, nowNs, out var index);
        return status == TakeStatus.Empty
            ? WaitAsync(context, hold, items, leases!, nowNs, index)
            : new PooledValueTask<StageResult>(Outcome(context, hold, leases, status));
    }

    private async PooledValueTask<StageResult> WaitAsync(
        RequestContext context, LimitHold hold, RouteLimit[] items, RedisLeases leases, long startNs, int index)
    {
        while (true)
        {
            var bucket = (LeasedBucket)hold.Takes[index].Bucket;
            var cost = hold.Takes[index].Cost;
            bucket.BeginWait(cost);
            try
            {
                var draw = leases.DrawAsync(bucket, hold.Takes[index].Rule, cost);
                if (draw.IsCompleted)
                {
                    await Task.Yield();
                }
                else
                {
                    await draw;
                }
            }
            finally
            {
                bucket.EndWait(cost);
            }

            var nowNs = limits.Clock.NowNs;
            var status = TryTake(context, hold, items, nowNs, out index);
            if (status == TakeStatus.Empty && nowNs - startNs > leases.TimeoutNs)
            {
                hold.Refuse(index, CrowdedWaitNs);
                status = TakeStatus.Refused;
            }

            if (status != TakeStatus.Empty)
            {
                return Outcome(context, hold, leases, status);
            }
        }
    }

    private TakeStatus TryTake(RequestContext context, LimitHold hold, RouteLimit[] items, long nowNs, out int index)
    {
        while (true)
        {
            var status = hold.TryTakeAll(limits.Clock, nowNs, out index);
            if (status != TakeStatus.Gone)
            {
                return status;
            }

            hold.Replace(index, BucketOf(context, hold.KeyText, items[index], nowNs));
        }
    }

    private StageResult Outcome(RequestContext context, LimitHold hold, RedisLeases? leases, TakeStatus status)
    {
        if (status == TakeStatus.Taken)
        {
            if (leases is not null)
            {
                Refill(hold, leases);
            }

            return StageResult.Continue;
        }

        if (hold == context.SpendingHeld)
        {
            // All or none: what the request took before its body was known does not count either.
            context.LimitsHeld?.GiveBack(limits.Clock);
        }

        if (status == TakeStatus.Unavailable)
        {
            return StageResult.Failed(Failure.EdgeLimitsUnavailable);
        }

        ref readonly var refused = ref hold.Takes[hold.RefusedBy];
        context.ErrorDetails = LimitHeaders.Details(refused);
        return StageResult.Failed(FailureOf(refused.Rule));
    }

    /// <summary>What to call it that a limit has no more.</summary>
    public static Failure FailureOf(LimitRule rule) => rule switch
    {
        { Kind: LimitKind.Concurrent } => Failure.CallerTooManyAtOnce,
        { Unit: LimitUnit.MicroDollars } => Failure.CallerBudgetExceeded,
        { IsQuota: true } => Failure.CallerQuotaExceeded,
        { Unit: LimitUnit.Requests } => Failure.CallerRateExceeded,
        _ => Failure.CallerTokensExceeded,
    };

    /// <summary>
    /// Draws the next slices while there is still something of the last ones, so that no request waits for them.
    /// </summary>
    private void Refill(LimitHold hold, RedisLeases leases)
    {
        foreach (ref readonly var take in hold.Takes)
        {
            if (take.Bucket is LeasedBucket leased && leased.ShouldRefill(limits.Clock.NowNs))
            {
                _ = leases.DrawAsync(leased, take.Rule, take.Cost);
            }
        }
    }

    private Bucket BucketOf(RequestContext context, LimitKeyText text, RouteLimit limit, long nowNs)
    {
        var caller = limit.IsOfCaller ? context.Caller : null;
        if (caller is null || !caller.TryGetLimitKey(limit.Hasher, out var key))
        {
            WriteKey(context, text, limit);
            key = limit.Hasher.Hash(text.Written);
            caller?.KeepLimitKey(limit.Hasher, key);
        }

        var bucket = limits.Table.GetOrAdd(key, limit.Rule, nowNs);
        if (bucket is LeasedBucket { Name: null } leased)
        {
            WriteKey(context, text, limit);
            leased.Name = text.StoreNameFor(limit.Rule);
        }

        return bucket;
    }

    private static void WriteKey(RequestContext context, LimitKeyText text, RouteLimit limit)
    {
        text.Clear();
        foreach (var part in limit.Per)
        {
            Append(text, part, context);
        }
    }

    private static void Append(LimitKeyText text, LimitKeyPart part, RequestContext context)
    {
        switch (part.Kind)
        {
            case LimitKeyKind.Consumer:
                text.Append(context.Caller?.Source);
                text.Append(context.Caller?.Id);
                break;
            case LimitKeyKind.Tier:
                text.Append(context.Caller?.Tier);
                break;
            case LimitKeyKind.ApiKey:
                text.Append(context.Caller?.Source);
                text.Append(context.Caller?.Id);
                text.Append(context.Caller?.CredentialName);
                break;
            case LimitKeyKind.Claim:
                text.Append(context.Caller?.Claim(part.Name));
                break;
            case LimitKeyKind.Ip:
                Append(text, context.ClientAddress);
                break;
            case LimitKeyKind.Route:
                text.Append(context.Route!.Plan.Name);
                break;
            default:
                // All fields of the name count, in their order. Their number does, too: else a caller could have the last of
                // one header taken for the first part of what comes after it.
                var values = context.HeaderNamed(part.Name);
                text.Append(values.Count);
                foreach (var value in values)
                {
                    text.Append(value);
                }

                break;
        }
    }

    /// <summary>
    /// Adds an address to a key. Whoever has one address of IPv6 has a network of them: 64 bits (RFC 4291, section 2.5.4).
    /// </summary>
    public static void Append(LimitKeyText text, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        text.Append(length == 16 ? bytes[..8] : bytes[..length]);
    }
}
