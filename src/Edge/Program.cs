using System.Net;
using Edge.Core.Configuration;
using Edge.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Edge;

internal static class Program
{
    private static async Task<int> Main()
    {
        var server = await HttpServer.StartAsync(
            new ListenerPlan { Endpoint = new IPEndPoint(IPAddress.Loopback, 8080) }, new Hello(), null, CancellationToken.None);
        Console.WriteLine(server.Endpoint);
        await Task.Delay(-1);
        return 0;
    }

    private sealed class Hello : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }

        public async Task ProcessRequestAsync(IFeatureCollection context)
        {
            context.Get<IHttpResponseFeature>()!.StatusCode = 200;
            await context.Get<IHttpResponseBodyFeature>()!.Writer.WriteAsync("hi\n"u8.ToArray());
        }
    }
}
