using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits.Simulation;

/// <summary>What one process lets in of the load of a whole fleet: what sharing is measured by.</summary>
internal static class OneProcess
{
    /// <summary>Units used in the end.</summary>
    public static long Run(SimulationPlan plan)
    {
        var time = new TestTime();
        var clock = new LimitClock(time);
        var rule = plan.IsWindow
            ? LimitRule.Window("r", "r", plan.Limit, new WindowSchedule(clock, plan.Window))
            : LimitRule.Bucket("r", "r", plan.Limit, plan.Window, plan.Burst);
        var bucket = new Bucket(default, rule);
        var random = new Random(plan.Seed);
        var ends = new PriorityQueue<(LimitTake Take, long Used), TimeSpan>();
        var (used, now, rate) = (0L, TimeSpan.Zero, plan.Rates.Sum());
        while (now < plan.Length)
        {
            var next = now - (TimeSpan.FromSeconds(1 / rate) * Math.Log(1 - random.NextDouble()));
            while (ends.TryPeek(out var end, out var at) && at <= next)
            {
                ends.Dequeue();
                time.Advance(at - now);
                now = at;
                Buckets.Settle(ref end.Take, end.Used, clock);
            }

            time.Advance(next - now);
            now = next;
            var take = new LimitTake(bucket, rule, 1 + random.Next(plan.CostMax));
            if (Buckets.TryTake(ref take, clock.NowNs) == TakeStatus.Taken)
            {
                var units = (long)(take.Cost * random.NextDouble() * plan.UsedMax);
                used += units;
                ends.Enqueue((take, units), now + (plan.TakesMax * random.NextDouble()));
            }
        }

        return used;
    }
}
