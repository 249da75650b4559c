namespace Edge.Core.Http;

/// <summary>Tells the kind of a request's header by its name.</summary>
public static class RequestHeaderKinds
{
    /// <summary>Longest name that has a kind of its own.</summary>
    private const int KnownNameCharsMax = 32;

    private const string ForwardedPrefix = "X-Forwarded-";

    /// <summary>The kind of the header with this name, in any case. Costs a switch for most names.</summary>
    /// <remarks>
    /// Services in the manner of CGI (RFC 3875, section 4.1.18) cannot tell <c>X_Api_Key</c> from <c>X-Api-Key</c>, so an
    /// underscore counts as a hyphen here: a name that would be something else behind us is that already.
    /// </remarks>
    public static RequestHeaderKind Of(ReadOnlySpan<char> name)
    {
        if (name.Length > KnownNameCharsMax || !name.Contains('_'))
        {
            return OfHyphened(name);
        }

        Span<char> hyphened = stackalloc char[KnownNameCharsMax];
        name.Replace(hyphened, '_', '-');
        return OfHyphened(hyphened[..name.Length]);
    }

    private static RequestHeaderKind OfHyphened(ReadOnlySpan<char> name) => name.Length switch
    {
        2 => Is(name, "TE") ? RequestHeaderKind.HopByHop : RequestHeaderKind.EndToEnd,
        3 => Is(name, "Via") ? RequestHeaderKind.Via : RequestHeaderKind.EndToEnd,
        4 => Is(name, "Host") ? RequestHeaderKind.Framing : RequestHeaderKind.EndToEnd,
        6 => Is(name, "Cookie") ? RequestHeaderKind.Cookie
            : Is(name, "Expect") ? RequestHeaderKind.Framing : RequestHeaderKind.EndToEnd,
        7 => Is(name, "Upgrade") || Is(name, "Trailer") ? RequestHeaderKind.HopByHop
            : Is(name, "Api-Key") ? RequestHeaderKind.Credential : RequestHeaderKind.EndToEnd,
        9 => Is(name, "X-Api-Key") ? RequestHeaderKind.Credential
            : Is(name, "X-Real-IP") || Is(name, "Forwarded") ? RequestHeaderKind.Forwarded : RequestHeaderKind.EndToEnd,
        10 => Is(name, "Connection") || Is(name, "Keep-Alive") ? RequestHeaderKind.HopByHop : RequestHeaderKind.EndToEnd,
        13 => Is(name, "Authorization") ? RequestHeaderKind.Credential : RequestHeaderKind.EndToEnd,
        14 => Is(name, "Content-Length") ? RequestHeaderKind.Framing
            : Is(name, "X-Goog-Api-Key") ? RequestHeaderKind.Credential
            : Is(name, "HTTP2-Settings") ? RequestHeaderKind.HopByHop : RequestHeaderKind.EndToEnd,
        16 => OfSixteen(name),
        17 => Is(name, "Transfer-Encoding") ? RequestHeaderKind.HopByHop : OfLong(name),
        19 => Is(name, "Proxy-Authorization") ? RequestHeaderKind.HopByHop : OfLong(name),
        _ => OfLong(name),
    };

    // Every X-Forwarded-*: what we do not write ourselves, some service believes all the same (-Port, -Prefix, -Server, -Ssl).
    private static RequestHeaderKind OfLong(ReadOnlySpan<char> name) =>
        name is ['x' or 'X', ..] && name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase)
            ? RequestHeaderKind.Forwarded
            : RequestHeaderKind.EndToEnd;

    // X-Content-Length is what Kestrel makes of a Content-Length beside a Transfer-Encoding: framing of this hop.
    private static RequestHeaderKind OfSixteen(ReadOnlySpan<char> name) =>
        Is(name, "Proxy-Connection") || Is(name, "X-Content-Length") ? RequestHeaderKind.HopByHop
        : OfLong(name);

    // As the server spells it nearly always; not to mind the case of letters takes ten times as long.
    private static bool Is(ReadOnlySpan<char> name, string other) =>
        name.SequenceEqual(other) || name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
