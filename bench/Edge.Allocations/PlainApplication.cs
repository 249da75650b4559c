using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Allocations;

/// <summary>
/// Kestrel as the gateway has it, and nothing else: answers everything with 1 KB. What it allocates is not the gateway's.
/// </summary>
internal sealed class PlainApplication : IHttpApplication<IFeatureCollection>
{
    private static readonly byte[] Body = new byte[1024];

    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        if (request.Headers.ContentLength is { } length)
        {
            var reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            var read = await reader.ReadAtLeastAsync((int)length);
            reader.AdvanceTo(read.Buffer.End);
        }

        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.Headers.ContentType = "application/json";
        response.Headers.ContentLength = Body.Length;
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(Body);
    }

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is kept of a request.
    }
}
