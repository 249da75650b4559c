using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits.Simulation;

/// <summary>
/// The common store in C#: line by line what <see cref="LeaseScripts"/> says in Lua. A test of the program compares the two on
/// a real store.
/// </summary>
internal sealed class ModelStore
{
    private readonly Dictionary<string, double> _buckets = [];
    private readonly Dictionary<string, (long Start, double Used, Dictionary<string, long> Returns)> _windows = [];

    public void Flush()
    {
        _buckets.Clear();
        _windows.Clear();
    }

    public LeaseGrant DrawBucket(string key, in LeaseDraw draw, LeasePolicy policy, long now)
    {
        double capacity = policy.CapacityMicros, micros = policy.ChargeMicros, units = policy.ChargeUnits;
        var isKnown = _buckets.TryGetValue(key, out var tat);
        if (!isKnown) tat = draw.Seen;
        if (tat < now) tat = now;
        tat = Math.Min(tat + Math.Ceiling(draw.Debt * micros / units), now + (2 * capacity));
        var free = Math.Max(Math.Floor((now + capacity - tat) * units / micros), 0);
        var granted = Math.Min(draw.Want, Math.Max(draw.Demand, Math.Floor(free / 8)));
        if (granted > free) granted = free;
        var charge = Math.Ceiling(granted * micros / units);
        if (granted > 0 && tat + charge > now + capacity)
        {
            granted -= 1;
            charge = Math.Ceiling(granted * micros / units);
        }

        double wait = 0;
        if (granted < draw.Need)
        {
            (granted, charge) = (0, 0);
            wait = Math.Max(tat + Math.Ceiling(draw.Need * micros / units) - capacity - now, 1);
        }

        tat += charge;
        if (charge > 0 || draw.Debt > 0) _buckets[key] = tat;
        return new LeaseGrant((long)granted, (long)tat, (long)wait, now);
    }

    public LeaseGrant DrawWindow(string key, in LeaseDraw draw, long limit, long now)
    {
        if (now < draw.WindowStart || now >= draw.WindowEnd) return new LeaseGrant(-1, 0, 0, now);
        if (!_windows.TryGetValue(key, out var state)) state = (0, 0, []);
        if (state.Start > draw.WindowStart) return new LeaseGrant(0, limit, draw.WindowEnd - now, now);
        if (state.Start < draw.WindowStart) state = (draw.WindowStart, draw.Seen, []);
        var used = Math.Min(state.Used + draw.Debt, Math.Max(limit, state.Used));
        var free = Math.Max(limit - used, 0);
        var granted = Math.Min(draw.Want, Math.Max(draw.Demand, Math.Floor(free / 8)));
        if (granted > free) granted = free;
        if (granted < draw.Need) granted = 0;
        used += granted;
        _windows[key] = (draw.WindowStart, used, state.Returns);
        return new LeaseGrant((long)granted, (long)used, granted == 0 ? draw.WindowEnd - now : 0, now);
    }

    public void ReturnBucket(string key, in LeaseReturn back, LeasePolicy policy, long now)
    {
        if (!_buckets.TryGetValue(key, out var tat) || tat != back.State) return;
        var units = Math.Floor((double)back.Units * policy.ChargeMicros / policy.ChargeUnits);
        _buckets[key] = tat - Math.Max(Math.Min(units, tat - now) - 1, 0);
    }

    public void ReturnWindow(string key, in LeaseReturn back, string replica, long number)
    {
        if (!_windows.TryGetValue(key, out var state) || state.Start != back.WindowStart) return;
        if (number <= state.Returns.GetValueOrDefault(replica)) return;
        state.Returns[replica] = number;
        _windows[key] = (state.Start, Math.Max(state.Used - back.Units, 0), state.Returns);
    }
}
