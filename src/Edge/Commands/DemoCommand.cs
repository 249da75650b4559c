using System.CommandLine;
using System.Net;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Identity;
using Edge.Demo;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Threading;
using Edge.Upstream;

namespace Edge.Commands;

/// <summary><c>edge demo</c>: the gateway before a built-in mock provider, and lines to paste.</summary>
internal static class DemoCommand
{
    /// <summary>The port unless told otherwise.</summary>
    public const int StandardPort = 8080;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var port = CommonOptions.Port(StandardPort);
        var command = new Command("demo", "Run the gateway before a built-in mock provider, and print lines to paste.") { port };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(port)));
        return command;
    }

    private static async Task<int> RunAsync(int port)
    {
        using var signals = new ProcessSignals(reloads: false);
        await using var log = new ProgramLog(Console.Error);
        try
        {
            await using var mock = await MockProvider.StartAsync(
                new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, CancellationToken.None);
            var secret = KeyCommand.Make();
            var text = DemoConfiguration.Text(port, mock.Endpoint, secret);
            var result = ConfigurationLoader.LoadText(text, "demo.yaml", SystemConfigurationSource.Instance);
            if (result.Plan is not { } plan)
            {
                throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
            }

            await using var gateway = await Gateway.StartAsync(
                plan, log, new SystemHostResolver(), TickingTime.Shared, CancellationToken.None);
            Console.WriteLine(DemoConfiguration.Welcome(
                gateway.Endpoints[0], gateway.AdminEndpoint!, mock.Endpoint, Token(secret)));
            await signals.Ended;
            await gateway.DrainAsync();
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await mock.StopAsync(now.Token);
            return CommonOptions.Success;
        }
        catch (IOException exception)
        {
            await Console.Error.WriteLineAsync($"edge: {exception.Message}; choose another port with --port");
            return CommonOptions.Failure;
        }
    }

    private static string Token(string secret) => TokenWriter.Sign(
        JwtAlgorithm.HS256, Encoding.UTF8.GetBytes(secret), DemoConfiguration.Consumer + "-1",
        new TokenContent { Subject = DemoConfiguration.Consumer, Lifetime = TimeSpan.FromDays(1) }, TimeProvider.System);
}
