namespace Edge.Load.Plan;

/// <summary>
/// Arrivals as several traces of real traffic have them, laid over each other: each trace keeps its own spaces, and its share of
/// all arrivals is that of its requests. A kind is a trace's place in the list.
/// </summary>
internal sealed class TraceArrivals : Arrivals
{
    private readonly Trace[] _traces;
    private readonly double[] _unitMs;
    private readonly double[] _next;

    /// <summary>Lays the traces over each other.</summary>
    public TraceArrivals(params Trace[] traces)
    {
        _traces = traces;
        _next = new double[traces.Length];
        var requests = 0;
        foreach (var trace in traces)
        {
            requests += trace.Requests;
        }

        // A trace that has a third of the requests has a mean space of three units.
        _unitMs = Array.ConvertAll(traces, trace => trace.Gaps.MeanMs * trace.Requests / requests);
    }

    /// <inheritdoc/>
    public override (double At, int Kind) Next(ref Dice dice)
    {
        var kind = 0;
        for (var i = 1; i < _next.Length; i++)
        {
            kind = _next[i] < _next[kind] ? i : kind;
        }

        var at = _next[kind];
        _next[kind] += _traces[kind].Gaps.At(dice.NextUnit()) / _unitMs[kind];
        return (at, kind);
    }
}
