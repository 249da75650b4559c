namespace Edge.Telemetry;

/// <summary>
/// Series found by a small whole number instead of by the texts of their attributes. Looking up takes no lock; a new series
/// copies the table, which stops soon, since the numbers are few. Thread-safe.
/// </summary>
/// <typeparam name="TSeries">The series.</typeparam>
/// <param name="create">Makes, or finds, the series of a number.</param>
internal sealed class SeriesByCode<TSeries>(Func<int, TSeries> create)
    where TSeries : class
{
    private readonly Lock _gate = new();
    private volatile Dictionary<int, TSeries> _series = [];

    /// <summary>The series of a number.</summary>
    public TSeries Of(int code) => _series.TryGetValue(code, out var series) ? series : Add(code);

    private TSeries Add(int code)
    {
        lock (_gate)
        {
            if (!_series.TryGetValue(code, out var series))
            {
                series = create(code);
                _series = new Dictionary<int, TSeries>(_series) { [code] = series };
            }

            return series;
        }
    }
}
