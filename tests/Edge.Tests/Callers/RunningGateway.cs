using System.Net;
using System.Runtime.CompilerServices;
using Edge.Core.Configuration;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Tests.Callers;

/// <summary>The gateway inside the test's own process: real listeners on ports that the system chooses.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly ProgramLog _log;

    private RunningGateway(Gateway gateway, ProgramLog log)
    {
        Gateway = gateway;
        _log = log;
    }

    /// <summary>The gateway itself.</summary>
    public Gateway Gateway { get; }

    /// <summary>Where its first listener is.</summary>
    public IPEndPoint Endpoint => Gateway.Endpoints[0];

    /// <summary>Starts one by a configuration that has to be right.</summary>
    /// <param name="yaml">The text of the file; relative paths are taken from the current folder.</param>
    /// <param name="time">The gateway's clock; the system's if null.</param>
    public static async Task<RunningGateway> StartAsync(string yaml, TimeProvider? time = null)
    {
        var loaded = ConfigurationLoader.LoadText(yaml, "edge.yaml", SystemConfigurationSource.Instance);
        Assert.Empty(loaded.Diagnostics);
        var log = new ProgramLog(TextWriter.Null);
        var gateway = await Gateway.StartAsync(
            loaded.Plan!, log, new SystemHostResolver(), time ?? TimeProvider.System, TestContext.Current.CancellationToken);
        return new RunningGateway(gateway, log);
    }

    /// <summary>Breaks off what is running and closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _log.DisposeAsync();
    }

    // Kestrel reads its switches when the first server is made, whichever test that is.
    [ModuleInitializer]
    internal static void SetSwitches() => RuntimeSwitches.Set();
}
