using System.Globalization;
using Edge.Hosting;
using Edge.Tests.Streams;
using Edge.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Edge.Tests.Hosting;

/// <summary>What is set is not public: a release of Kestrel without it fails here, and costs speed only.</summary>
public sealed class ServerHeartTests
{
    [Fact]
    public async Task A_server_of_services_has_what_is_left_out_and_has_it_once()
    {
        var builder = new KestrelServices(NullLoggerFactory.Instance);
        builder.UseKestrelCore();
        await using var services = builder.BuildProvider();
        var server = services.GetRequiredService<IServer>();
        Assert.True(ServerHeart.TryLeaveOutConnections(server));
        Assert.False(ServerHeart.TryLeaveOutConnections(server));
    }

    [Fact]
    public void So_has_one_that_is_made_by_hand()
    {
        using var server = new KestrelServer(
            Options.Create(new KestrelServerOptions()), new NoTransport(), NullLoggerFactory.Instance);
        Assert.True(ServerHeart.TryLeaveOutConnections(server));
        Assert.False(ServerHeart.TryLeaveOutConnections(server));
    }

    [Fact]
    public void A_server_of_another_kind_has_not()
    {
        using var server = new AnotherServer();
        Assert.False(ServerHeart.TryLeaveOutConnections(server));
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.Http1Tls)]
    public async Task The_date_goes_on(CallerKind kind)
    {
        await using var upstream = ScriptedUpstream.Start(static async connection =>
        {
            while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
            {
                await connection.SendAsync(ScriptedUpstream.Ok("ok"));
            }
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        var first = await DateAsync(gateway, kind);
        Assert.InRange(DateTimeOffset.UtcNow - first, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        using var deadline = Deadline.Begin();
        while (await DateAsync(gateway, kind) == first)
        {
            await Task.Delay(10, deadline.Token);
        }
    }

    // The gateway's own answer: the upstream's may have its own date.
    private static async Task<DateTimeOffset> DateAsync(StreamGateway gateway, CallerKind kind)
    {
        await using var client = await RawHttpClient.ConnectAsync(
            gateway.EndpointOf(kind), tls: kind == CallerKind.Http1Tls ? RawHttpClient.TrustingTls() : null);
        await client.SendAsync("GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n");
        var response = await client.ReadResponseAsync("GET");
        Assert.Equal(404, response.Status);
        return DateTimeOffset.ParseExact(response.Headers["Date"]!, "r", CultureInfo.InvariantCulture);
    }

    private sealed class AnotherServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
