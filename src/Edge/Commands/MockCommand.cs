using System.CommandLine;
using System.Net;
using Edge.Core.Configuration;
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
        var key = new Option<string?>("--key", "-k")
        {
            Description = "The key that callers have to bring; without it any will do, or none",
            HelpName = "key",
        };
        var command = new Command(
            "mock", "Run the mock provider alone: OpenAI's and Anthropic's dialects, with delays and faults.") { port, key };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(port), parsed.GetValue(key)));
        return command;
    }

    private static async Task<int> RunAsync(int port, string? key)
    {
        using var signals = new ProcessSignals(reloads: false);
        try
        {
            var options = new MockOptions
            {
                Endpoint = new IPEndPoint(IPAddress.Loopback, port),
                Key = key is null ? null : new Secret(key),
            };
            await using var mock = await MockProvider.StartAsync(options, CancellationToken.None);
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
