using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Edge.Commands;

/// <summary>
/// <c>edge health</c>: asks a running gateway whether it serves, so that a container without a shell can have a health check.
/// </summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config();
        config.DefaultValueFactory = static _ => File.Exists("/etc/edge/edge.yaml") ? "/etc/edge/edge.yaml" : "edge.yaml";
        var url = new Option<string?>("--url", "-u")
        {
            Description = "What to ask, such as http://127.0.0.1:9901/readyz; without it, /healthz of the file's admin address," +
                " or where the file has none, whether the first listener accepts",
            HelpName = "url",
        };
        var command = new Command("health", "Ask a running gateway whether it serves; exit code 0 or 1.") { config, url };
        command.SetAction((parsed, cancellation) =>
            RunAsync(parsed.GetValue(url), parsed.GetValue(config)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? address, string path, CancellationToken cancellation)
    {
        if (address is null)
        {
            if (CommonOptions.Load(path) is not { } plan)
            {
                return CommonOptions.Failure;
            }

            if (plan.Admin is not { } admin)
            {
                return await ConnectAsync(Reachable(plan.Listeners[0].Endpoint), cancellation);
            }

            address = $"http://{Reachable(admin.Endpoint)}/healthz";
        }

        // Parsed here: the command line's own conversion to a Uri is by reflection, which the native binary is without.
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp)
        {
            await Console.Error.WriteLineAsync("edge: --url wants an http:// address");
            return CommonOptions.Failure;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            var status = await AskAsync(url, limit.Token);
            Console.WriteLine(status);
            return status == 200 ? CommonOptions.Success : CommonOptions.Failure;
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"edge: no answer from {url}: {exception.Message}");
            return CommonOptions.Failure;
        }
    }

    // A listener on every address is asked on the loopback.
    private static IPEndPoint Reachable(IPEndPoint endpoint) =>
        endpoint.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, endpoint.Port)
        : endpoint.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, endpoint.Port)
        : endpoint;

    // Without an admin listener there is nothing to ask that is not a caller's business: whether somebody accepts has to do.
    private static async Task<int> ConnectAsync(IPEndPoint listener, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(listener, limit.Token);
            Console.WriteLine($"{listener} accepts connections");
            return CommonOptions.Success;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"edge: no answer from {listener}: {exception.Message}");
            return CommonOptions.Failure;
        }
    }

    // A status line is all that is wanted; HttpClient would add a megabyte to the binary for it.
    private static async Task<int> AskAsync(Uri url, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(url.IdnHost, url.Port, cancellation);
        var request = $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), cancellation);
        var head = new byte[12];
        var received = 0;
        while (received < head.Length)
        {
            var count = await socket.ReceiveAsync(head.AsMemory(received), cancellation);
            if (count == 0)
            {
                throw new IOException("the connection ended before a status came");
            }

            received += count;
        }

        var text = Encoding.ASCII.GetString(head);
        return text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && int.TryParse(text.AsSpan(9), out var status)
            ? status
            : throw new IOException("that is no HTTP answer");
    }
}
