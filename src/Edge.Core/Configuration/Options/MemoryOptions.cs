using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>memory</c> as written.</summary>
internal sealed class MemoryOptions
{
    /// <summary>Smallest limit: what the program needs by itself.</summary>
    public const long LimitBytesMin = 16 * 1024 * 1024;

    /// <summary>Largest limit.</summary>
    public const long LimitBytesMax = 1L << 44;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<MemoryOptions> Shape = new(
        "memory", "memory settings",
        "From how much memory on new requests are turned away with 503, so that the system need not end the process.",
        new Key<MemoryOptions, long>(
            "limit", Scalars.Size(LimitBytesMin, LimitBytesMax), (o, v) => o.Limit = v,
            "What the process may use. Left out: the limit of its control group, or else the machine's memory."),
        new Key<MemoryOptions, double>(
            "shedAt", Scalars.Percent, (o, v) => o.ShedAt = v,
            "From this share of it on, requests are turned away, until it is 5 points less. `100%`: never.",
            defaultText: "85%"));

    /// <summary>Bytes.</summary>
    public Located<long>? Limit { get; set; }

    /// <summary>The mark.</summary>
    public Located<double>? ShedAt { get; set; }
}
