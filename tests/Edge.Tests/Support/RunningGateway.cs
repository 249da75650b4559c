using System.Net;
using System.Runtime.CompilerServices;
using Edge.Core.Configuration;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Tests.Support;

/// <summary>The gateway inside the test's own process: real listeners on ports that the system chooses.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly ProgramLog _log;
    private readonly StringWriter _said;

    private RunningGateway(Gateway gateway, ProgramLog log, StringWriter said)
    {
        Gateway = gateway;
        _log = log;
        _said = said;
    }

    /// <summary>The gateway itself.</summary>
    public Gateway Gateway { get; }

    /// <summary>Where its first listener is.</summary>
    public IPEndPoint Endpoint => Gateway.Endpoints[0];

    /// <summary>What it has said in its log. All of it once the gateway is disposed.</summary>
    public string Said => _said.ToString();

    /// <summary>Starts one by a configuration that has to be right.</summary>
    /// <param name="yaml">The text of the file.</param>
    /// <param name="time">The gateway's clock; the system's if null.</param>
    /// <param name="resolver">The name service; the system's if null.</param>
    /// <param name="path">Where the file would be: relative paths in it are taken from its folder.</param>
    public static async Task<RunningGateway> StartAsync(
        string yaml, TimeProvider? time = null, IHostResolver? resolver = null, string path = "edge.yaml")
    {
        var loaded = ConfigurationLoader.LoadText(yaml, path, SystemConfigurationSource.Instance);
        Assert.Empty(loaded.Diagnostics);
        var said = new StringWriter();
        var log = new ProgramLog(TextWriter.Synchronized(said));
        var gateway = await Gateway.StartAsync(
            loaded.Plan!, log, resolver ?? new SystemHostResolver(), time ?? TimeProvider.System,
            TestContext.Current.CancellationToken);
        return new RunningGateway(gateway, log, said);
    }

    /// <summary>
    /// Has it do something else a number of times, so that it has seen what happened before: with a bug that what happened must
    /// do nothing, a test fails almost surely, and without one it never does.
    /// </summary>
    public async Task PassTimeAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(400, (await RawHttpClient.ExchangeAsync(Endpoint, "nonsense\r\n\r\n")).Status);
        }
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
