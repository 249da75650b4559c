using System.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Edge.Hosting;

/// <summary>
/// Gathers what Kestrel registers of its own services, which a listener with TLS needs and no public constructor takes. It stands
/// where a web host would: one of those brings routing, error pages and configuration along (0.9 MB of the binary), and
/// none of it would be used.
/// </summary>
internal sealed class KestrelServices : IWebHostBuilder
{
    private readonly ServiceCollection _services = new();
    private readonly WebHostBuilderContext _context = new();

    /// <summary>With what Kestrel asks a host for.</summary>
    /// <param name="log">Takes what it logs.</param>
    public KestrelServices(ILoggerFactory log)
    {
        _services.AddSingleton(log);
        _services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        _services.AddOptions();
        _services.AddMetrics();
        _services.AddSingleton<DiagnosticSource>(static _ => new DiagnosticListener("Microsoft.AspNetCore"));
        _services.AddSingleton<IHostEnvironment>(new Surroundings());
    }

    /// <summary>The services, which own what is made from them.</summary>
    public ServiceProvider BuildProvider() => _services.BuildServiceProvider();

    /// <inheritdoc/>
    public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(_services);
        return this;
    }

    /// <inheritdoc/>
    public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(_context, _services);
        return this;
    }

    /// <summary>Has no effect: Kestrel reads no configuration of its own here.</summary>
    public IWebHostBuilder ConfigureAppConfiguration(
        Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

    /// <summary>No setting is kept.</summary>
    public string? GetSetting(string key) => null;

    /// <summary>Has no effect: what Kestrel is told stands in its options.</summary>
    public IWebHostBuilder UseSetting(string key, string? value) => this;

    /// <summary>Not to be called: only the services are wanted.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
#pragma warning disable ASPDEPR008 // The builder's interface names the type still.
    public IWebHost Build() => throw new NotSupportedException();
#pragma warning restore ASPDEPR008

    // Kestrel asks for it to find a developer's certificate, which nobody wants here.
    private sealed class Surroundings : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = Environments.Production;

        public string ApplicationName { get; set; } = "edge";

        public string ContentRootPath { get; set; } = AppContext.BaseDirectory;

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
