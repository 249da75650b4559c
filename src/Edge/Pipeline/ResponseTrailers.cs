using System.Text;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// Hands the trailers of an answer on to callers that speak HTTP/2. To HTTP/1.1 callers they are dropped, which a recipient may
/// do (RFC 9110, section 6.5.1): Kestrel ends its chunked bodies without any.
/// </summary>
internal static class ResponseTrailers
{
    /// <summary>Copies them, if there are any.</summary>
    public static void Copy(RequestContext context, UpstreamExchange exchange)
    {
        if (exchange.Trailers is not { } trailers || context.Features.Find<IHttpResponseTrailersFeature>() is not { } feature)
        {
            return;
        }

        for (var i = 0; i < trailers.Count; i++)
        {
            var name = Encoding.ASCII.GetString(trailers.Name(i));
            feature.Trailers.Append(name, Encoding.Latin1.GetString(trailers.Value(i)));
        }
    }
}
