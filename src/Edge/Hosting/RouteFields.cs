using System.Linq;
using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Hosting;

/// <summary>Of which fields of an answer nothing of a route takes notice, so that they need not be headers. Immutable.</summary>
internal sealed class RouteFields
{
    private const int NamesOfLimit = 3;

    private RouteFields(HeaderNumberSet ruled, bool hasLimits, int requestId)
    {
        Ruled = ruled;
        RequestId = ruled.Has(requestId) ? 0 : requestId;
        AreLimitsLines = !ruled.HasAny(Limits);
        Copied = HeaderNumberSet.All.Without(ruled).Without(Special).Without(Kept).Without(hasLimits ? Limits : default)
            .Without(default(HeaderNumberSet).With(requestId));
    }

    /// <summary>Reads a route's plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="hasLimits">True where callers are told of limits.</param>
    /// <returns>Null where its rules touch what lines are written behind.</returns>
    public static RouteFields? Of(RoutePlan plan, bool hasLimits) => Of(RuledBy(plan), hasLimits, RequestIdOf(plan));

    /// <summary>The same where it is known what the route's rules set, add to or remove.</summary>
    public static RouteFields? Of(HeaderNumberSet ruled, bool hasLimits, int requestId = 0) =>
        ruled.Has(KnownResponseHeaders.Via) || ruled.Has(KnownResponseHeaders.Date)
            ? null
            : new RouteFields(ruled, hasLimits, requestId);

    /// <summary>The fields that this gateway itself sets: of the cache, and of limits.</summary>
    public static HeaderNumberSet Own => Kept.Or(Limits);

    /// <summary>What the route's rules set, add to or remove.</summary>
    public HeaderNumberSet Ruled { get; }

    /// <summary>
    /// The number of the field by which callers are told the request's identifier; 0: they are told of none, or it has no number,
    /// or the route's rules touch it.
    /// </summary>
    public int RequestId { get; }

    /// <summary>What is handed on, whatever it says.</summary>
    public HeaderNumberSet Copied { get; }

    // What the server minds, or the gateway.
    private static HeaderNumberSet Special { get; } = HeaderNumberSet.Of(KnownResponseHeaders.All.Where(
        static name => KnownResponseHeaders.KindOf(HeaderNumberSet.NumberOf(name))
            is ResponseHeaderKind.HopByHop or ResponseHeaderKind.ContentLength or ResponseHeaderKind.Date
            or ResponseHeaderKind.Via or ResponseHeaderKind.AltSvc));

    private static HeaderNumberSet Kept { get; } = default(HeaderNumberSet)
        .With(KnownResponseHeaders.Age).With(KnownResponseHeaders.XCache).With(KnownResponseHeaders.XCacheKey);

    /// <summary>The fields by which callers are told of limits.</summary>
    public static HeaderNumberSet Limits { get; } = LimitsOf();

    /// <summary>None of <see cref="Limits"/> is touched by the route's rules.</summary>
    public bool AreLimitsLines { get; }

    private static HeaderNumberSet LimitsOf()
    {
        var set = default(HeaderNumberSet);
        const int End = KnownResponseHeaders.AnthropicOutputTokens + NamesOfLimit;
        for (var number = KnownResponseHeaders.RateLimit; number < End; number++)
        {
            set = set.With(number);
        }

        return set;
    }

    private static int RequestIdOf(RoutePlan plan) =>
        plan.RequestId is { Echo: true } id && HeaderNumberSet.NumberOf(id.Header) is var number
            && KnownResponseHeaders.NameOf(number) == id.Header && !Special.Has(number) && !Own.Has(number) ? number : 0;

    private static HeaderNumberSet RuledBy(RoutePlan plan)
    {
        List<string> names =
        [
            .. plan.ResponseHeaders.Remove, .. plan.ResponseHeaders.Set.Select(static h => h.Name),
            .. plan.ResponseHeaders.Add.Select(static h => h.Name), .. plan.SecurityHeaders.Always.Select(static h => h.Key),
        ];
        if (plan.SecurityHeaders.TransportSecurity is not null)
        {
            names.Add("Strict-Transport-Security");
        }

        if (plan.RequestId is { Echo: true } id && RequestIdOf(plan) == 0)
        {
            names.Add(id.Header);
        }

        if (plan.Cors is not null)
        {
            names.Add("Vary");
            names.AddRange(KnownResponseHeaders.All.Where(
                static name => name.StartsWith("Access-Control-", StringComparison.Ordinal)));
        }

        return HeaderNumberSet.Of(names);
    }
}
