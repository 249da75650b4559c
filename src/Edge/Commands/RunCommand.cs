using System.CommandLine;
using Edge.Core.Configuration;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Threading;
using Edge.Upstream;

namespace Edge.Commands;

/// <summary><c>edge run</c>: the gateway, until SIGTERM or Ctrl-C.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var command = new Command(
            "run", "Run the gateway. SIGHUP or a changed file reloads, SIGTERM drains and ends.") { config };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(config)!));
        return command;
    }

    private static async Task<int> RunAsync(string path)
    {
        if (CommonOptions.Load(path) is not { } plan)
        {
            await Console.Error.WriteLineAsync("edge: not started; correct the file and check it with 'edge check'");
            return CommonOptions.Failure;
        }

        using var signals = new ProcessSignals(reloads: true);
        await using var log = new ProgramLog(Console.Error);
        Gateway gateway;
        try
        {
            gateway = await Gateway.StartAsync(
                plan, log, new SystemHostResolver(), TickingTime.Shared, CancellationToken.None);
        }
        catch (IOException exception)
        {
            log.NotStarted(exception.Message);
            return CommonOptions.Failure;
        }

        await using (gateway)
        {
            await using (new ConfigurationWatcher(path, gateway, signals, log, TimeProvider.System))
            {
                // Whoever reads that it is ready may ask for a reload at once.
                Announce(gateway, plan, log);
                CollectorStart.Settle();
                await signals.Ended;
            }

            await gateway.DrainAsync();
        }

        return CommonOptions.Success;
    }

    private static void Announce(Gateway gateway, EdgePlan plan, ProgramLog log)
    {
        for (var i = 0; i < plan.Listeners.Length; i++)
        {
            log.Listening(plan.Listeners[i].Tls is null ? "http" : "https", gateway.Endpoints[i]);
        }

        if (gateway.AdminEndpoint is { } admin)
        {
            log.ListeningForAdmin(admin);
        }

        log.Ready(plan.Routes.Length, plan.Upstreams.Length);
    }
}
