namespace Edge.Core.Tests.Limits.Simulation;

/// <summary>
/// Some replicas and their store in one thread: every delay, loss, crash and clock comes from the seed. It notes when each
/// request was let in, by the store's clock.
/// </summary>
internal sealed class SimulatedFleet
{
    public const long TimeoutNs = 50_000_000;

    private readonly SimulationPlan _plan;
    private readonly Random _random;
    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly ModelStore _store = new();
    private readonly SimulatedReplica[] _replicas;
    private readonly long _storeOffsetMicros;
    private long _sequence;

    public SimulatedFleet(SimulationPlan plan)
    {
        _plan = plan;
        _random = new Random(plan.Seed);
        _storeOffsetMicros = 1_790_000_000_000_000 + _random.NextInt64(-5_000_000, 5_000_000);
        _replicas = [.. Enumerable.Range(0, plan.Replicas).Select(i => new SimulatedReplica(this, i, plan))];
    }

    /// <summary>Nanoseconds since the beginning.</summary>
    public long Now { get; private set; }

    public Random Random => _random;

    public ModelStore Store => _store;

    public long StoreMicros => _storeOffsetMicros + (Now / 1000);

    /// <summary>When something was let in, by key, and how many units it used in the end.</summary>
    public Dictionary<int, List<(long At, long Units)>> Admitted { get; } = [];

    /// <summary>Messages to the store.</summary>
    public int Messages { get; private set; }

    public int Requests { get; private set; }

    public void Run()
    {
        for (var i = 0; i < _replicas.Length; i++) Schedule(0, Arrive(i));
        if (_plan.Storms) Schedule(0, Storm);
        var end = _plan.Length.Ticks * 100;
        while (_events.TryDequeue(out var action, out var at) && at.Item1 < end)
        {
            Now = at.Item1;
            action();
        }
    }

    public void Schedule(long delay, Action action) => _events.Enqueue(action, (Now + delay, _sequence++));

    /// <summary>Something is let in. The result is its place in the list of its key.</summary>
    public int Admit(int key, long units)
    {
        if (!Admitted.TryGetValue(key, out var list)) Admitted[key] = list = [];
        list.Add((Now, units));
        return list.Count - 1;
    }

    /// <summary>It used less than it might have.</summary>
    public void Settle(int key, int place, long units) =>
        Admitted[key][place] = Admitted[key][place] with { Units = units };

    /// <summary>Sends something to the store and its answer back; each way may take long, lose it, or bring it twice.</summary>
    public void Send<T>(Func<long, T> ask, Action<T> answer)
    {
        Messages++;
        var copies = Chance(_plan.Lost) ? 0 : Chance(_plan.Twice) ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            Schedule(Delay(), () =>
            {
                var result = ask(StoreMicros);
                if (!Chance(_plan.Lost)) Schedule(Delay(), () => answer(result));
            });
        }
    }

    public bool Chance(double chance) => chance > 0 && _random.NextDouble() < chance;

    private long Delay()
    {
        // Most are quick, some take as long as they may.
        var max = _plan.DelayMax.Ticks * 100;
        return 50_000 + (long)(max * Math.Pow(_random.NextDouble(), 6));
    }

    private void Storm()
    {
        var count = (int)Math.Min(_plan.IsWindow ? _plan.Limit : _plan.Burst, 500);
        for (var i = 0; i < count; i++)
        {
            var index = _random.Next(_replicas.Length);
            Schedule(_random.NextInt64(2_000_000), () => _replicas[index].Request(0, TimeoutNs));
        }

        Schedule((long)(_plan.Window.Ticks * 100 * (0.05 + (_random.NextDouble() * 1.2))), Storm);
    }

    private Action Arrive(int index) => () =>
    {
        var count = !_plan.IsSteady && _random.Next(4) == 0 ? _random.Next(1, 20) : 1;
        for (var i = 0; i < count; i++)
        {
            Requests++;
            if (Chance(_plan.Crash))
            {
                _replicas[index].Crash();
                _replicas[index] = new SimulatedReplica(this, index, _plan);
            }

            if (Chance(_plan.Flush)) _store.Flush();
            _replicas[index].Request(_random.Next(_plan.Keys), TimeoutNs);
        }

        Schedule((long)(-Math.Log(1 - _random.NextDouble()) * 1e9 * count / _plan.Rates[index]), Arrive(index));
    };
}
