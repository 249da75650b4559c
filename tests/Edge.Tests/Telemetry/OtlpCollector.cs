using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Threading.Channels;
using Edge.Core.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Edge.Tests.Telemetry;

/// <summary>
/// A collector of OTLP on a port of its own, by HTTP or gRPC, that keeps what it is sent or answers with an error.
/// </summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _isGrpc;
    private readonly Channel<(HttpRequestSummary Request, ProtobufReader Message)> _exports =
        Channel.CreateUnbounded<(HttpRequestSummary, ProtobufReader)>();

    private OtlpCollector(WebApplication app, bool isGrpc)
    {
        _app = app;
        _isGrpc = isGrpc;
    }

    /// <summary>What an export came with.</summary>
    internal sealed record HttpRequestSummary(string Path, string ContentType, string Key);

    /// <summary>The status of its answers; with gRPC, the call's.</summary>
    public int Status { get; set; }

    /// <summary>Where it is.</summary>
    public string Url => _app.Urls.First();

    /// <summary>Starts one.</summary>
    public static async Task<OtlpCollector> StartAsync(bool isGrpc = false)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listener => listener.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.Services.AddRoutingCore();
        var collector = new OtlpCollector(builder.Build(), isGrpc) { Status = isGrpc ? 0 : 200 };
        collector._app.Run(collector.TakeAsync);
        await collector._app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>The next export.</summary>
    public async Task<(HttpRequestSummary Request, ProtobufReader Message)> NextAsync() =>
        await _exports.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The exports that are here and have not been asked for.</summary>
    public IEnumerable<(HttpRequestSummary Request, ProtobufReader Message)> Rest()
    {
        while (_exports.Reader.TryRead(out var export))
        {
            yield return export;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        var isZipped = context.Request.Headers.ContentEncoding == "gzip";
        if (_isGrpc)
        {
            Assert.Equal(bytes.Length - 5, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1)));
            isZipped = bytes[0] == 1;
            bytes = bytes[5..];
        }

        if (isZipped)
        {
            using var plain = new MemoryStream();
            await using var zip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            await zip.CopyToAsync(plain);
            bytes = plain.ToArray();
        }

        var summary = new HttpRequestSummary(
            context.Request.Path, context.Request.ContentType ?? "", context.Request.Headers["x-key"].ToString());
        _exports.Writer.TryWrite((summary, new ProtobufReader(bytes)));
        if (!_isGrpc)
        {
            context.Response.StatusCode = Status;
            return;
        }

        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", $"{Status}");
    }
}
