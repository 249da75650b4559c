using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;

namespace Edge.Hosting;

/// <summary>Who may use a route, with everything about it that can be worked out once. Immutable.</summary>
internal sealed class RouteAccess
{
    private readonly string[] _queryNames;
    private readonly string[] _cookieNames;
    private readonly string[] _protocolPrefixes;
    private readonly string _missing;
    private readonly string _invalid;
    private readonly string _expired;
    private readonly string _ambiguous;
    private readonly string _insufficient;
    private readonly Scopes _scopes;
    private readonly string? _metadata;

    /// <summary>Prepares a route's.</summary>
    public RouteAccess(RoutePlan route)
    {
        Authenticate = route.Authenticate;
        Authorize = route.Authorize;
        _queryNames = NamesOf(CredentialPlaceKind.Query);
        _cookieNames = NamesOf(CredentialPlaceKind.Cookie);
        _protocolPrefixes = NamesOf(CredentialPlaceKind.Protocol);
        Anonymous = Authenticate?.Anonymous is { } anonymous ? Caller.Anonymous(anonymous.Tier) : null;
        var scopes = Authorize?.Scopes ?? Scopes.None;
        var metadata = Authenticate?.Resource?.MetadataUrl;
        _scopes = scopes;
        _metadata = metadata;
        _missing = BearerChallenge.Create(null, null, scopes, metadata);
        _invalid = Challenge(BearerChallenge.InvalidToken, Failure.CallerCredentialInvalid, scopes, metadata);
        _expired = Challenge(BearerChallenge.InvalidToken, Failure.CallerCredentialExpired, scopes, metadata);
        _ambiguous = Challenge(BearerChallenge.InvalidRequest, Failure.CallerCredentialAmbiguous, scopes, metadata);
        _insufficient = Challenge(BearerChallenge.InsufficientScope, Failure.CallerScopeMissing, scopes, metadata);
    }

    /// <summary>Who is let in; null: anybody.</summary>
    public AuthenticatePlan? Authenticate { get; }

    /// <summary>What a caller has to be; null: anything.</summary>
    public AuthorizePlan? Authorize { get; }

    /// <summary>Who callers without a credential are; null: they are refused.</summary>
    public Caller? Anonymous { get; }

    /// <summary>Parameters of the query that are not forwarded.</summary>
    public ReadOnlySpan<string> QueryNames => _queryNames;

    /// <summary>Cookies that are not forwarded.</summary>
    public ReadOnlySpan<string> CookieNames => _cookieNames;

    /// <summary>Names in Sec-WebSocket-Protocol that begin with one of these are not forwarded.</summary>
    public ReadOnlySpan<string> ProtocolPrefixes => _protocolPrefixes;

    /// <summary>The WWW-Authenticate header that goes with a failure, or null for one without.</summary>
    public string? ChallengeFor(Failure failure) => failure switch
    {
        Failure.CallerCredentialMissing => _missing,
        Failure.CallerCredentialInvalid => _invalid,
        Failure.CallerCredentialExpired => _expired,
        Failure.CallerCredentialAmbiguous => _ambiguous,
        Failure.CallerScopeMissing => _insufficient,
        _ => null,
    };

    /// <summary>The WWW-Authenticate header that goes with a token which was not taken.</summary>
    public string ChallengeFor(JwtRejection rejection) =>
        BearerChallenge.Create(BearerChallenge.InvalidToken, JwtRejections.Description(rejection), _scopes, _metadata);

    private static string Challenge(string error, Failure failure, Scopes scopes, string? metadata) =>
        BearerChallenge.Create(error, Failures.Message(failure), scopes, metadata);

    private string[] NamesOf(CredentialPlaceKind kind)
    {
        var names = new List<string>();
        foreach (var place in Authenticate?.From ?? [])
        {
            if (place.Kind == kind)
            {
                names.Add(place.Name);
            }
        }

        return [.. names];
    }
}
