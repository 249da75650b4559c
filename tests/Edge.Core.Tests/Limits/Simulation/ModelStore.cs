using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits.Simulation;

/// <summary>
/// The common store in C#: line by line what <see cref="LeaseScripts"/> says in Lua. A test of the program compares the two on
/// a real store.
/// </summary>
internal sealed class ModelStore
{
    private const int FieldsMax = 64;

    private readonly Dictionary<string, StoredBucket> _buckets = [];
    private readonly Dictionary<string, (long Start, double Used, Dictionary<string, long> Returns)> _windows = [];

    public void Flush()
    {
        _buckets.Clear();
        _windows.Clear();
    }

    public LeaseGrant DrawBucket(string key, in LeaseDraw draw, LeasePolicy policy, long now)
    {
        double capacity = policy.CapacityMicros, micros = policy.ChargeMicros, units = policy.ChargeUnits;
        var state = Bucket(key, now) ?? new StoredBucket(draw.Seen, 0, now, 0, []);
        var tat = state.Tat;
        if (tat < now) tat = now;
        tat = Math.Min(tat + Math.Ceiling(Math.Max(draw.Debt, 0) * micros / units), now + (2 * capacity));
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
        if (charge > 0 || draw.Debt > 0) _buckets[key] = state with { Tat = tat, Told = Math.Max(tat, state.Told) };
        return new LeaseGrant((long)granted, (long)tat, (long)wait, now, (long)state.Back, (long)state.Epoch);
    }

    public LeaseGrant DrawWindow(string key, in LeaseDraw draw, long limit, long now)
    {
        if (now < draw.WindowStart || now >= draw.WindowEnd) return new LeaseGrant(-1, 0, 0, now);
        if (!_windows.TryGetValue(key, out var state)) state = (0, 0, []);
        if (state.Start > draw.WindowStart) return new LeaseGrant(0, limit, draw.WindowEnd - now, now);
        if (state.Start < draw.WindowStart) state = (draw.WindowStart, draw.Seen, []);
        var used = Math.Min(state.Used + Math.Max(draw.Debt, 0), Math.Max(limit, state.Used));
        var free = Math.Max(limit - used, 0);
        var granted = Math.Min(draw.Want, Math.Max(draw.Demand, Math.Floor(free / 8)));
        if (granted > free) granted = free;
        if (granted < draw.Need) granted = 0;
        used += granted;
        _windows[key] = (draw.WindowStart, used, state.Returns);
        return new LeaseGrant((long)granted, (long)used, granted == 0 ? draw.WindowEnd - now : 0, now);
    }

    public long ReturnBucket(string key, in LeaseReturn back, LeasePolicy policy, string replica, long number, long now)
    {
        if (Bucket(key, now) is not { } state || state.Epoch != back.Epoch) return 0;
        if (number <= state.Returns.GetValueOrDefault(replica)) return 0;
        var (tat, sum) = (state.Tat, state.Back);
        foreach (var part in back.Parts)
        {
            var unserved = Math.Min(part.Place - sum, tat) - now;
            var give = Math.Min(Math.Floor((double)part.Units * policy.ChargeMicros / policy.ChargeUnits), unserved);
            if (give > 0) (tat, sum) = (tat - give, sum + give);
        }

        if (sum == state.Back) return 0;
        var isFull = state.Returns.Count + 4 >= FieldsMax;
        state.Returns[replica] = number;
        _buckets[key] = isFull ? new StoredBucket(tat, 0, now, state.Told, []) : state with { Tat = tat, Back = sum };
        return (long)(sum - state.Back);
    }

    public long ReturnWindow(string key, in LeaseReturn back, string replica, long number)
    {
        if (!_windows.TryGetValue(key, out var state) || state.Start != back.Epoch) return 0;
        if (number <= state.Returns.GetValueOrDefault(replica)) return 0;
        state.Returns[replica] = number;
        _windows[key] = (state.Start, Math.Max(state.Used - back.Units, 0), state.Returns);
        return 1;
    }

    public (long Given, long Tat) GiveBucket(string key, long micros, long now)
    {
        if (Bucket(key, now) is not { } state) return (0, now);
        var tat = Math.Max(state.Tat, now);
        var give = Math.Min(micros, tat - now);
        if (give > 0) _buckets[key] = state with { Tat = tat - give, Back = state.Back + give };
        return ((long)give, (long)(tat - give));
    }

    public (long Given, long Used) GiveWindow(string key, long units, long start)
    {
        if (!_windows.TryGetValue(key, out var state) || state.Start != start) return (0, 0);
        var give = Math.Min(units, state.Used);
        _windows[key] = (state.Start, state.Used - give, state.Returns);
        return ((long)give, (long)(state.Used - give));
    }

    /// <summary>A bucket is forgotten a second after the latest time that was told.</summary>
    private StoredBucket? Bucket(string key, long now) =>
        _buckets.TryGetValue(key, out var state) && state.Told + 1_000_000 > now ? state : null;

    private sealed record StoredBucket(double Tat, double Back, double Epoch, double Told, Dictionary<string, long> Returns);
}
