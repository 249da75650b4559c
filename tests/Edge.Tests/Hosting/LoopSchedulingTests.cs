using System.Net;
using Edge.Core.Configuration;
using Edge.Hosting;
using Edge.Tests.Callers;
using Edge.Transport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Edge.Tests.Hosting;

/// <summary>The settings are not public ones: a release of Kestrel without them fails here, and costs speed only.</summary>
public sealed class LoopSchedulingTests
{
    [Fact]
    public async Task Kestrel_has_the_setting()
    {
        var builder = new KestrelServices(NullLoggerFactory.Instance);
        builder.UseKestrelCore();
        await using var services = builder.BuildProvider();
        Assert.True(LoopScheduling.TryReadOnLoop(services.GetRequiredService<IServer>()));
    }

    [Fact]
    public void A_server_of_another_kind_has_not()
    {
        using var server = new KestrelServer(
            Options.Create(new KestrelServerOptions()), new NoTransport(), NullLoggerFactory.Instance);
        Assert.False(LoopScheduling.TryReadOnLoop(server));
    }

    [Fact]
    public async Task Streams_begin_on_the_loop()
    {
        var application = new Application();
        var plan = new ListenerPlan { Endpoint = new IPEndPoint(IPAddress.Loopback, 0), H2c = true };
        await using var server = await HttpServer.StartAsync(
            plan, application, null, ServerTransport.EventLoops, null, NullLoggerFactory.Instance, TimeProvider.System,
            TestContext.Current.CancellationToken);
        await using (var caller = await Http2Caller.ConnectAsync(server.Endpoint))
        {
            for (var stream = 1; stream < 20; stream += 2)
            {
                await caller.SendHeadersAsync(stream, Http2Caller.Request("GET", "/"));
                Assert.Equal("headers", await caller.ReadEndAsync(stream));
            }
        }

        await server.StopAsync(TestContext.Current.CancellationToken);
        Assert.All(application.Set, Assert.True);

        // The first begins as Kestrel begins it; and when its heart beats, frames may be read elsewhere.
        Assert.InRange(application.Loops.Count(static loop => loop is not null), 8, 9);
    }

    private sealed class Application : IHttpApplication<IFeatureCollection>
    {
        public List<bool> Set { get; } = [];

        public List<EventLoop?> Loops { get; } = [];

        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures)
        {
            Set.Add(LoopScheduling.TryBeginStreamsOnLoop(contextFeatures));
            return contextFeatures;
        }

        public Task ProcessRequestAsync(IFeatureCollection context)
        {
            Loops.Add(EventLoop.Current);
            return Task.CompletedTask;
        }

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }
    }
}
