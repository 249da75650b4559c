namespace Edge.Telemetry;

/// <summary>
/// Series found by a small whole number instead of by the texts of their attributes. Looking up takes no lock; a new series
/// copies the table, which stops soon, since the numbers are few. The one that was asked for last is found without the table,
/// which is six cache lines: requests mostly end as the one before did. Thread-safe.
/// </summary>
/// <typeparam name="TSeries">The series.</typeparam>
/// <param name="create">Makes, or finds, the series of a number.</param>
internal sealed class SeriesByCode<TSeries>(Func<int, TSeries> create)
    where TSeries : class
{
    private readonly Lock _gate = new();
    private volatile Dictionary<int, Entry> _entries = [];
    private volatile Entry? _last;

    /// <summary>The series of a number.</summary>
    public TSeries Of(int code) => _last is { } last && last.Code == code ? last.Series : Find(code);

    private TSeries Find(int code)
    {
        var entry = _entries.TryGetValue(code, out var found) ? found : Add(code);
        _last = entry;
        return entry.Series;
    }

    private Entry Add(int code)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(code, out var entry))
            {
                entry = new Entry(code, create(code));
                _entries = new Dictionary<int, Entry>(_entries) { [code] = entry };
            }

            return entry;
        }
    }

    private sealed class Entry(int code, TSeries series)
    {
        public int Code { get; } = code;

        public TSeries Series { get; } = series;
    }
}
