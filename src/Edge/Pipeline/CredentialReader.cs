using System.Collections.Immutable;
using System.Net;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>What there is of credentials in a request.</summary>
internal enum CredentialReading
{
    /// <summary>None in any of the places.</summary>
    None,

    /// <summary>One; perhaps in several places, always the same.</summary>
    One,

    /// <summary>Several that differ, so that it is not known who calls.</summary>
    Ambiguous,

    /// <summary>Something that is no credential: empty, too long, or with characters that none has.</summary>
    Malformed,
}

/// <summary>Finds the credential of a request in the places that its route names. Allocates nothing.</summary>
internal static class CredentialReader
{
    /// <summary>Most characters of a credential.</summary>
    public const int CredentialCharsMax = 16 * 1024;

    private const string Scheme = "Bearer";

    /// <summary>Looks at every place, since a second credential must be seen wherever it stands (RFC 6750, section 2).</summary>
    /// <param name="context">The request.</param>
    /// <param name="places">Where to look.</param>
    /// <param name="credential">The credential; lives as long as the request. 1 or more visible ASCII characters.</param>
    public static CredentialReading Read(
        RequestContext context, ImmutableArray<CredentialPlace> places, out ReadOnlySpan<char> credential)
    {
        credential = default;
        var found = new Found();
        foreach (var place in places)
        {
            switch (place.Kind)
            {
                case CredentialPlaceKind.Authorization:
                    ReadAuthorization(context.RequestHeaders.Authorization, ref found);
                    break;
                case CredentialPlaceKind.Header:
                    ReadHeader(context.HeaderNamed(place.Name), ref found);
                    break;
                case CredentialPlaceKind.Query:
                    ReadQuery(context.Target.Query, place.Name, ref found);
                    break;
                case CredentialPlaceKind.Protocol:
                    ReadProtocols(context.RequestHeaders.SecWebSocketProtocol, place.Name, ref found);
                    break;
                default:
                    ReadCookies(context.RequestHeaders.Cookie, place.Name, ref found);
                    break;
            }
        }

        credential = found.Credential;
        return found.Reading;
    }

    /// <summary>
    /// The one text in which a credential can be, as the server has it; null where there is none, or more than one has to be
    /// looked at.
    /// </summary>
    public static string? OnlyText(RequestContext context, ImmutableArray<CredentialPlace> places)
    {
        string? only = null;
        foreach (var place in places)
        {
            var values = place.Kind switch
            {
                CredentialPlaceKind.Authorization => context.RequestHeaders.Authorization,
                CredentialPlaceKind.Header => context.HeaderNamed(place.Name),
                CredentialPlaceKind.Protocol => context.RequestHeaders.SecWebSocketProtocol,
                CredentialPlaceKind.Cookie => context.RequestHeaders.Cookie,
                _ => default,
            };
            if (values.Count > (only is null ? 1 : 0)
                || (place.Kind == CredentialPlaceKind.Query && !context.Target.Query.IsEmpty))
            {
                return null;
            }

            only ??= values.Count == 0 ? null : values[0];
        }

        return only;
    }

    /// <summary>True where the name of a WebSocket's protocol is a credential behind one of these prefixes.</summary>
    public static bool IsCredential(ReadOnlySpan<char> protocol, ReadOnlySpan<string> prefixes)
    {
        foreach (var prefix in prefixes)
        {
            if (protocol.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    // Another scheme is no credential of ours: it is not looked at, and not forwarded either.
    private static void ReadAuthorization(StringValues values, ref Found found)
    {
        foreach (var value in values)
        {
            var text = value.AsSpan().Trim(" \t");
            if (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                && (text.Length == Scheme.Length || text[Scheme.Length] is ' ' or '\t'))
            {
                found.Take(text[Scheme.Length..].TrimStart(' '));
            }
        }
    }

    private static void ReadHeader(StringValues values, ref Found found)
    {
        foreach (var value in values)
        {
            found.Take(value.AsSpan().Trim(" \t"));
        }
    }

    private static void ReadProtocols(StringValues values, string prefix, ref Found found)
    {
        foreach (var value in values)
        {
            var list = value.AsSpan();
            foreach (var range in list.Split(','))
            {
                var protocol = list[range].Trim(" \t");
                if (protocol.StartsWith(prefix, StringComparison.Ordinal))
                {
                    found.Take(protocol[prefix.Length..]);
                }
            }
        }
    }

    private static void ReadQuery(ReadOnlySpan<char> query, string name, ref Found found)
    {
        if (query.IsEmpty)
        {
            return;
        }

        var rest = query[1..];
        while (QueryText.TryNext(ref rest, out var parameter))
        {
            if (QueryText.IsNamed(parameter, name))
            {
                var value = QueryText.ValueOf(parameter);
                found.Take(value.Contains('%') ? WebUtility.UrlDecode(value.ToString()) : value);
            }
        }
    }

    private static void ReadCookies(StringValues values, string name, ref Found found)
    {
        foreach (var value in values)
        {
            var rest = value.AsSpan();
            while (CookieText.TryNext(ref rest, out var cookie))
            {
                if (CookieText.IsNamed(cookie, name))
                {
                    found.Take(CookieText.ValueOf(cookie));
                }
            }
        }
    }

    /// <summary>What was found so far.</summary>
    private ref struct Found
    {
        public ReadOnlySpan<char> Credential { get; private set; }

        public CredentialReading Reading { get; private set; }

        public void Take(ReadOnlySpan<char> credential)
        {
            if (Reading == CredentialReading.None)
            {
                Credential = credential;
                Reading = credential.Length is > 0 and <= CredentialCharsMax && !credential.ContainsAnyExceptInRange('!', '~')
                    ? CredentialReading.One
                    : CredentialReading.Malformed;
            }
            else if (!credential.SequenceEqual(Credential))
            {
                Reading = CredentialReading.Ambiguous;
            }
        }
    }
}
