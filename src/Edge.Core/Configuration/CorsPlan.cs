using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>What web pages of other origins may do with a route (the CORS protocol of the Fetch standard).</summary>
public sealed record CorsPlan
{
    /// <summary>
    /// Origins as browsers write them: <c>https://app.example.com</c>; <c>https://*.example.com</c> for all names below;
    /// <c>null</c>; or <c>*</c> alone, for any.
    /// </summary>
    public required ImmutableArray<string> Origins { get; init; }

    /// <summary>Methods that may be asked for.</summary>
    public required ImmutableArray<string> Methods { get; init; }

    /// <summary>Names of request headers that may be sent; <c>*</c>: all but Authorization.</summary>
    public required ImmutableArray<string> Headers { get; init; }

    /// <summary>Names of response headers that pages may read; <c>*</c>: all.</summary>
    public required ImmutableArray<string> Expose { get; init; }

    /// <summary>True: with cookies and HTTP authentication. Never together with <c>*</c>.</summary>
    public required bool Credentials { get; init; }

    /// <summary>How long a browser may remember the answer to a preflight.</summary>
    public required TimeSpan MaxAge { get; init; }
}
