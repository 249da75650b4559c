using System.Collections.Concurrent;

namespace Edge.Core.Telemetry;

/// <summary>The series of one metric by their attributes: bounded, never forgotten. Thread-safe.</summary>
internal sealed class SeriesTable<TSeries>(int seriesMax, Func<TSeries> create)
    where TSeries : class
{
    private readonly ConcurrentDictionary<string[], TSeries> _series = new(SeriesValuesComparer.Instance);
    private readonly Lock _gate = new();
    private TSeries? _overflow;

    /// <summary>The series of these values, which are copied if it is new.</summary>
    public TSeries Of(string[] values)
    {
        if (_series.TryGetValue(values, out var series))
        {
            return series;
        }

        lock (_gate)
        {
            if (_series.TryGetValue(values, out series))
            {
                return series;
            }

            if (_series.Count >= seriesMax)
            {
                return _overflow ??= create();
            }

            return _series[[.. values]] = create();
        }
    }

    /// <summary>All of them, the one of what came beyond the limit with null values.</summary>
    public IEnumerable<(string[]? Values, TSeries Series)> All
    {
        get
        {
            foreach (var (values, series) in _series)
            {
                yield return (values, series);
            }

            if (Volatile.Read(ref _overflow) is { } overflow)
            {
                yield return (null, overflow);
            }
        }
    }
}
