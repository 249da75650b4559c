using System.Collections.Frozen;

namespace Edge.Core.Http;

/// <summary>
/// Tells which fields may stand behind a request's body. A recipient may merge trailers into the headers, so what frames, routes,
/// modifies or authenticates a request, or says how to read its content, is not passed on there (RFC 9110, section 6.5.1).
/// </summary>
public static class RequestTrailers
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Refused = FrozenSet.ToFrozenSet(
        [
            "Age", "Authentication-Info", "Cache-Control", "Date", "Expires", "Max-Forwards", "Pragma", "Range", "Set-Cookie",
            "Vary",
        ],
        StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>True where a trailer with this name may be passed on, as far as that can be told from the name.</summary>
    public static bool MayPass(ReadOnlySpan<char> name) =>
        RequestHeaderKinds.Of(name) == RequestHeaderKind.EndToEnd
        && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("If-", StringComparison.OrdinalIgnoreCase)
        && !Refused.Contains(name);
}
