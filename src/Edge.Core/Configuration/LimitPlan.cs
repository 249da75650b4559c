using System.Collections.Immutable;
using Edge.Core.Limits;

namespace Edge.Core.Configuration;

/// <summary>A limit of a route, as the file says it.</summary>
public sealed record LimitPlan
{
    /// <summary>Its name, which callers are told; unique within its list.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Tells it from all others in every process of a fleet. A limit of <c>defaults</c> is one for all routes that take it; a
    /// route's own is that route's alone.
    /// </summary>
    public required string Identity { get; init; }

    /// <summary>What each value of has a bucket of its own; empty: one bucket for all.</summary>
    public required ImmutableArray<LimitKeyPart> Per { get; init; }

    /// <summary>How it counts.</summary>
    public required LimitKind Kind { get; init; }

    /// <summary>Requests in a window, or at once.</summary>
    public required long Limit { get; init; }

    /// <summary>Requests that a full bucket holds.</summary>
    public long Burst { get; init; }

    /// <summary>The window's length; zero where a calendar decides, and for what runs at once.</summary>
    public TimeSpan Window { get; init; }

    /// <summary>The calendar's window, or none.</summary>
    public CalendarUnit Calendar { get; init; }

    /// <summary>The zone by whose clocks calendar windows begin.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>True where another plan says the same.</summary>
    public bool IsSameAs(LimitPlan other) =>
        Per.AsSpan().SequenceEqual(other.Per.AsSpan()) && this == other with { Per = Per };
}

/// <summary>One of the things whose values have buckets of their own.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Name">The name of a claim or of a header; else empty.</param>
public sealed record LimitKeyPart(LimitKeyKind Kind, string Name);

/// <summary>The kinds of <see cref="LimitKeyPart"/>.</summary>
public enum LimitKeyKind
{
    /// <summary>The caller, whoever vouches for it.</summary>
    Consumer,

    /// <summary>The caller's tier.</summary>
    Tier,

    /// <summary>The key that the caller used.</summary>
    ApiKey,

    /// <summary>The caller's address; of IPv6, the network of 64 bits.</summary>
    Ip,

    /// <summary>The route.</summary>
    Route,

    /// <summary>A claim of the caller's token.</summary>
    Claim,

    /// <summary>A header of the request.</summary>
    Header,
}
