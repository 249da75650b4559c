namespace Edge.Core.Tests.Resilience;

/// <summary>What happens, in a part of the time.</summary>
internal sealed class OverloadResult
{
    public List<double> Gold { get; } = [];

    public int GoldShed { get; set; }

    public int FreeServed { get; set; }

    public int FreeShed { get; set; }

    public double Use { get; set; }

    public double GoldAt(double share)
    {
        Gold.Sort();
        return Gold[Math.Min((int)(Gold.Count * share), Gold.Count - 1)];
    }
}

/// <summary>
/// An upstream that serves so many at once and has the rest wait, however long; callers of two tiers; a gate before it. Events in
/// the order of their time, from a seed.
/// </summary>
internal sealed class OverloadSimulation(IStrategy strategy, int seed)
{
    private const int Servers = 40;
    private const double MeanSeconds = 0.2;
    private const int QueueMax = 100;
    private const double QueueSeconds = 0.5;
    private const double GoldShare = 0.15;

    private readonly Random _random = new(seed);
    private readonly PriorityQueue<Request?, (double At, long Order)> _events = new();
    private readonly LinkedList<Request>[] _lines = [new(), new()];
    private readonly Queue<Request> _upstream = new();
    private readonly OverloadResult _result = new();
    private int _busy;
    private int _waiting;
    private int _served;
    private long _order;
    private double _now;
    private double _from;

    /// <summary>Spread of the time that an answer takes, as that of its logarithm.</summary>
    public double Spread { get; init; } = 0.8;

    /// <summary>What is asked, as a part of what can be served.</summary>
    public Func<double, double> Load { get; init; } = static _ => 2;

    /// <summary>How many of the servers there are.</summary>
    public Func<double, double> Capacity { get; init; } = static _ => 1;

    /// <summary>How many times longer an answer takes.</summary>
    public Func<double, double> Slowness { get; init; } = static _ => 1;

    /// <summary>Runs, and tells what happened between two times.</summary>
    public OverloadResult Run(double from, double until)
    {
        _from = from;
        At(0, null);
        while (_events.TryDequeue(out var request, out var at) && at.At < until)
        {
            _now = at.At;
            if (request is null)
            {
                Arrive();
            }
            else
            {
                End(request);
            }
        }

        _result.Use = _served / (until - from) / (Servers / MeanSeconds);
        return _result;
    }

    private void At(double time, Request? request) => _events.Enqueue(request, (time, _order++));

    private void Arrive()
    {
        var rate = Servers / MeanSeconds * Load(_now);
        At(_now - (Math.Log(1 - _random.NextDouble()) / rate), null);
        var request = new Request(_now, _random.NextDouble() < GoldShare ? 1 : 0);
        Expire();
        if (_lines[0].Count + _lines[1].Count == 0 && _waiting < strategy.Limit)
        {
            Enter(request);
            return;
        }

        if (_lines[0].Count + _lines[1].Count >= QueueMax)
        {
            if (request.Rank == 0 || _lines[0].Last is null)
            {
                Shed(request);
                return;
            }

            Shed(_lines[0].Last!.Value);
            _lines[0].RemoveLast();
        }

        _lines[request.Rank].AddLast(request);
        LetIn();
    }

    private void End(Request request)
    {
        _busy--;
        _waiting--;
        strategy.Answered(_now - request.SentAt, _now);
        if (_now >= _from)
        {
            _served++;
            if (request.Rank == 1)
            {
                _result.Gold.Add(_now - request.At);
            }
            else
            {
                _result.FreeServed++;
            }
        }

        Serve();
        Expire();
        LetIn();
    }

    private void Enter(Request request)
    {
        strategy.Note(++_waiting);
        request.SentAt = _now;
        _upstream.Enqueue(request);
        Serve();
    }

    private void Serve()
    {
        while (_busy < (int)(Servers * Capacity(_now)) && _upstream.TryDequeue(out var request))
        {
            _busy++;
            var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
            At(_now + (MeanSeconds * Slowness(_now) * Math.Exp((Spread * normal) - (Spread * Spread / 2))), request);
        }
    }

    private void LetIn()
    {
        while (_waiting < strategy.Limit)
        {
            var line = _lines[1].Count > 0 ? _lines[1] : _lines[0];
            if (line.First is not { Value: var first })
            {
                return;
            }

            line.RemoveFirst();
            Enter(first);
        }
    }

    private void Expire()
    {
        foreach (var line in _lines)
        {
            while (line.First is { Value: var first } && _now - first.At > QueueSeconds)
            {
                line.RemoveFirst();
                Shed(first);
            }
        }
    }

    private void Shed(Request request)
    {
        if (_now >= _from)
        {
            _result.GoldShed += request.Rank;
            _result.FreeShed += 1 - request.Rank;
        }
    }

    private sealed class Request(double at, int rank)
    {
        public double At => at;

        public int Rank => rank;

        public double SentAt { get; set; }
    }
}
