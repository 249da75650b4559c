using System.CommandLine;
using System.Net;
using Edge.Demo;
using Edge.Hosting;

namespace Edge.Commands;

/// <summary><c>edge mock</c>: the mock provider alone.</summary>
internal static class MockCommand
{
    /// <summary>The port unless told otherwise.</summary>
    public const int StandardPort = 9000;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var port = CommonOptions.Port(StandardPort);
        var command = new Command(
            "mock", "Run the mock provider alone: OpenAI's and Anthropic's dialects, with delays and faults.") { port };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(port)));
        return command;
    }

    private static async Task<int> RunAsync(int port)
    {
        using var signals = new ProcessSignals();
        try
        {
            await using var mock = await MockProvider.StartAsync(
                new IPEndPoint(IPAddress.Loopback, port), TimeProvider.System, CancellationToken.None);
            Console.WriteLine($"mock provider on http://{mock.Endpoint}");
            await signals.Ended;
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
}
