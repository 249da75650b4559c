namespace Edge.Core.Telemetry;

/// <summary>
/// All metrics of one program, in the order in which they were made. Whoever makes them owns the choice of names; whoever reads
/// them (Prometheus text, OTLP) walks over them. Thread-safe.
/// </summary>
public sealed class MetricRegistry
{
    /// <summary>Nanoseconds, in which durations are recorded, in a second.</summary>
    public const double NanosecondsPerSecond = 1e9;

    /// <summary>Most series of one metric, beside that of what comes beyond: OpenTelemetry's default.</summary>
    public const int SeriesMax = 2000;

    private readonly Lock _gate = new();
    private volatile MetricFamily[] _families = [];

    /// <summary>The metrics, as they are now.</summary>
    public IReadOnlyList<MetricFamily> Families => _families;

    /// <summary>A sum that only grows.</summary>
    /// <param name="name">The name.</param>
    /// <param name="unit">The unit, in UCUM.</param>
    /// <param name="description">What it says.</param>
    /// <param name="labels">Names of its attributes.</param>
    public CounterFamily Counter(string name, string unit, string description, params MetricLabel[] labels) =>
        Add(new CounterFamily(name, unit, description, MetricKind.Counter, 1, SeriesMax, labels));

    /// <summary>A sum that only grows, counted in a smaller unit than it is told in.</summary>
    /// <param name="name">The name.</param>
    /// <param name="unit">The unit, in UCUM.</param>
    /// <param name="scale">Smaller ones in the unit.</param>
    /// <param name="description">What it says.</param>
    /// <param name="labels">Names of its attributes.</param>
    public CounterFamily Counter(string name, string unit, double scale, string description, params MetricLabel[] labels) =>
        Add(new CounterFamily(name, unit, description, MetricKind.Counter, scale, SeriesMax, labels));

    /// <summary>How many there are now.</summary>
    /// <param name="name">The name.</param>
    /// <param name="unit">The unit, in UCUM.</param>
    /// <param name="description">What it says.</param>
    /// <param name="labels">Names of its attributes.</param>
    public CounterFamily UpDownCounter(string name, string unit, string description, params MetricLabel[] labels) =>
        Add(new CounterFamily(name, unit, description, MetricKind.UpDownCounter, 1, SeriesMax, labels));

    /// <summary>How values are spread.</summary>
    /// <param name="name">The name.</param>
    /// <param name="unit">The unit, in UCUM.</param>
    /// <param name="scale">How many of the unit that is recorded in are in it.</param>
    /// <param name="bounds">Upper bounds in the unit, growing.</param>
    /// <param name="description">What it says.</param>
    /// <param name="labels">Names of its attributes.</param>
    public HistogramFamily Histogram(
        string name, string unit, double scale, double[] bounds, string description, params MetricLabel[] labels) =>
        Add(new HistogramFamily(name, unit, description, bounds, scale, SeriesMax, labels));

    /// <summary>What is asked for when it is collected.</summary>
    /// <param name="name">The name.</param>
    /// <param name="unit">The unit, in UCUM.</param>
    /// <param name="kind">Anything but a histogram.</param>
    /// <param name="description">What it says.</param>
    /// <param name="observe">Reports the values; must not block.</param>
    /// <param name="labels">Names of its attributes.</param>
    public void Observe(
        string name,
        string unit,
        MetricKind kind,
        string description,
        Action<ObservedFamily.Observer> observe,
        params MetricLabel[] labels) => Add(new ObservedFamily(name, unit, description, kind, observe, labels));

    private TFamily Add<TFamily>(TFamily family)
        where TFamily : MetricFamily
    {
        lock (_gate)
        {
            foreach (var other in _families)
            {
                if (other.Name == family.Name)
                {
                    throw new ArgumentException($"There are two metrics of the name '{family.Name}'.", nameof(family));
                }
            }

            _families = [.. _families, family];
        }

        return family;
    }
}
