using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>Whose answers a caller may be given.</summary>
public enum CacheScopeKind
{
    /// <summary>Its own.</summary>
    Consumer,

    /// <summary>Those of callers with the same value of a claim.</summary>
    Claim,

    /// <summary>Those of callers of its tier.</summary>
    Tier,

    /// <summary>Anybody's.</summary>
    Public,
}

/// <summary>Who shares answers.</summary>
/// <param name="Kind">By what.</param>
/// <param name="Claim">The claim's name; empty for other kinds.</param>
public readonly record struct CacheScopePlan(CacheScopeKind Kind, string Claim);

/// <summary>How a route answers repeats from memory.</summary>
public sealed record CachePlan
{
    /// <summary>How long an answer is used; null: as long as it says itself.</summary>
    public required TimeSpan? Ttl { get; init; }

    /// <summary>How long it is kept after that, for when no upstream answers.</summary>
    public required TimeSpan StaleIfError { get; init; }

    /// <summary>Who shares answers.</summary>
    public required CacheScopePlan Scope { get; init; }

    /// <summary>Headers of requests whose values tell answers apart, beside the body.</summary>
    public required ImmutableArray<string> VaryHeaders { get; init; }

    /// <summary>Most bytes of an answer's body.</summary>
    public required long ObjectBytesMax { get; init; }

    /// <summary>Requests that ask for more chance than this are not answered from memory.</summary>
    public required double TemperatureMax { get; init; }

    /// <summary>Requests that offer tools are answered from memory too.</summary>
    public required bool Tools { get; init; }

    /// <summary>Answers that came whole answer requests for a stream, and the reverse.</summary>
    public required bool Converts { get; init; }

    /// <summary>Time between two events of a stream that is given from memory; null: all at once.</summary>
    public required TimeSpan? ReplayEvery { get; init; }

    /// <summary>Replicas share answers through Redis.</summary>
    public required bool IsShared { get; init; }

    /// <summary>Tags of all answers, by which they can be purged.</summary>
    public required ImmutableArray<string> Tags { get; init; }

    /// <summary>What callers say in Cache-Control counts, on routes to services without an LLM dialect.</summary>
    public required bool CallerDirectives { get; init; }

    /// <summary>
    /// Fields of answers that count instead of <c>Cache-Control</c> and <c>Expires</c> (RFC 9213), on the same routes: the first
    /// of them that an answer has, and that can be read.
    /// </summary>
    public required ImmutableArray<string> TargetedFields { get; init; }

    /// <summary>Tiers whose <c>Cache-Control: no-cache</c> and <c>no-store</c> count.</summary>
    public required ImmutableArray<string> NoCacheTiers { get; init; }

    /// <summary>Questions are answered by what was answered to others like them; null: they are not.</summary>
    public SemanticPlan? Semantic { get; init; }
}
