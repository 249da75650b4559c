using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Redis;

namespace Edge.Pipeline;

/// <summary>
/// Looks whether a stream may go on spending: when it has used what was reserved for it, takes more of the same limits, a little
/// at a time, and stops it when one of them has no more. One for each <see cref="RequestContext"/>, used by one request after
/// another.
/// </summary>
internal sealed class SpendingGuard
{
    /// <summary>Tokens of the answer that are taken at a time, where as many are left.</summary>
    public const int StepTokens = 64;

    private LimitHold _hold = null!;
    private LimitClock _clock = null!;
    private RedisLeases? _leases;
    private ModelPrice? _price;

    /// <summary>Estimated tokens of the answer at which to look again.</summary>
    public long NextTokens { get; private set; }

    /// <summary>Begins with a request for which tokens or money have been reserved.</summary>
    public void Begin(LimitHold hold, LimitClock clock, RedisLeases? leases, ModelPrice? price)
    {
        _hold = hold;
        _clock = clock;
        _leases = leases;
        _price = price;
        NextTokens = 0;
    }

    /// <summary>Another model answers, at another price.</summary>
    public void Reprice(ModelPrice? price) => _price = price;

    /// <summary>Looks at what has been used so far; None: it may go on until <see cref="NextTokens"/>.</summary>
    public Failure Check(in UsageCounts used)
    {
        var ahead = used with { OutputTokens = used.OutputTokens + StepTokens };
        NextTokens = ahead.OutputTokens!.Value;
        for (var i = 0; i < _hold.Count; i++)
        {
            var rule = _hold.Takes[i].Rule;
            var held = _hold.HeldOf(i);
            var wanted = Charge(rule, ahead) - held;
            if (wanted <= 0 || TryTake(i, wanted))
            {
                continue;
            }

            // So much is not left; what has come already may be.
            NextTokens = used.OutputTokens!.Value + 1;
            var missing = Charge(rule, used) - held;
            if (missing > 0 && !TryTake(i, missing))
            {
                return LimitStage.FailureOf(rule);
            }
        }

        return Failure.None;
    }

    private long Charge(LimitRule rule, in UsageCounts counts) =>
        LimitCost.Charged(rule.Unit, new RequestUsage(UsageKind.Estimated, counts), _price);

    /// <summary>
    /// False: there are no more. Where that is not known at once, the stream goes on, and what it uses is a debt.
    /// </summary>
    private bool TryTake(int index, long units)
    {
        var status = _hold.TryExtend(index, units, _clock);
        if (status == TakeStatus.Empty && _leases is not null)
        {
            _ = _leases.DrawAsync((LeasedBucket)_hold.Takes[index].Bucket, _hold.Takes[index].Rule, units);
        }

        return status != TakeStatus.Refused;
    }
}
