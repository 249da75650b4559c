using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Yarp.ReverseProxy.Configuration;

// YARP as a peer: one route, one cluster, from memory; no logging, no server header, no middleware but the proxy.
// Arguments: plain port, TLS port, origin's port, folder that holds tls.crt and tls.key.
var ports = Array.ConvertAll(args[..3], static text => int.Parse(text, CultureInfo.InvariantCulture));
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());

// The certificate is imported so that its key is usable by TLS on every system.
using var certificate = X509CertificateLoader.LoadPkcs12(
    X509Certificate2.CreateFromPemFile(Path.Combine(args[3], "tls.crt"), Path.Combine(args[3], "tls.key"))
        .Export(X509ContentType.Pkcs12), null);
builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
{
    options.AddServerHeader = false;
    options.Listen(IPAddress.Loopback, ports[0], static listen => listen.Protocols = HttpProtocols.Http1);
    options.Listen(IPAddress.Loopback, ports[1], listen => listen.UseHttps(certificate));
});
builder.Services.AddRoutingCore();
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "origin", Match = new RouteMatch { Path = "/{**rest}" } }],
    [
        new ClusterConfig
        {
            ClusterId = "origin",
            Destinations = new Dictionary<string, DestinationConfig>
            {
                ["origin"] = new() { Address = $"http://127.0.0.1:{ports[2]}/" },
            },
        },
    ]);
var app = builder.Build();
app.UseRouting();
app.MapReverseProxy();
await app.RunAsync();
