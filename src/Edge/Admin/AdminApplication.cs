using Edge.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Admin;

/// <summary>
/// The administrative listener: <c>/healthz</c> says that the process serves, <c>/readyz</c> that it wants traffic, which ends
/// the moment a drain begins. Both need no token.
/// </summary>
internal sealed class AdminApplication(Gateway gateway) : IHttpApplication<IFeatureCollection>
{
    /// <summary>Most connections at once.</summary>
    public const int ConnectionsMax = 100;

    private static readonly byte[] Ok = "ok\n"u8.ToArray();
    private static readonly byte[] Draining = "draining\n"u8.ToArray();
    private static readonly byte[] NotFound = "not found\n"u8.ToArray();
    private static readonly byte[] NotAllowed = "method not allowed\n"u8.ToArray();

    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var (status, body) = request.Path switch
        {
            _ when request.Method is not ("GET" or "HEAD") => (405, NotAllowed),
            "/healthz" => (200, Ok),
            "/readyz" => gateway.IsReady ? (200, Ok) : (503, Draining),
            _ => (404, NotFound),
        };
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = status;
        response.Headers.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentLength = body.Length;
        if (status == 405)
        {
            response.Headers.Allow = "GET, HEAD";
        }

        if (request.Method != "HEAD")
        {
            await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(body);
        }
    }

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }
}
