using System.ComponentModel;
using System.Globalization;
using Edge.Measuring;

namespace Edge.Peers.Running;

/// <summary>
/// A gateway that is measured: how it is started before an origin, and how it says its version. Its configuration is a file of
/// configs/ in which <c>{port}</c>, <c>{tlsPort}</c>, <c>{originPort}</c> and <c>{folder}</c> stand for what differs.
/// </summary>
/// <param name="Name">In tables and on the command line.</param>
/// <param name="Program">Name or path of the program.</param>
/// <param name="VersionArgument">Makes it print its version; null where it has none to print.</param>
/// <param name="Template">File of configs/; null where arguments say it all.</param>
/// <param name="Arguments">Arguments, with the same names, and <c>{config}</c> for the file made from the template.</param>
internal sealed record Peer(string Name, string Program, string? VersionArgument, string? Template, string[] Arguments)
{
    /// <summary>No gateway at all: callers talk to the origin, which tells what the rest of the machine takes.</summary>
    public const string Direct = "direct";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(15);

    /// <summary>All peers, in the order of the tables.</summary>
    public static Peer[] All(string edge, string yarp) =>
    [
        new("edge", edge, "--version", "edge.yaml", ["run", "--config", "{config}"]),
        new("nginx", "nginx", "-v", "nginx.conf", ["-e", "stderr", "-c", "{config}"]),
        new("haproxy", "haproxy", "-v", "haproxy.cfg", ["-db", "-f", "{config}"]),
        new("yarp", yarp, null, null, ["{port}", "{tlsPort}", "{originPort}", "{folder}"]),
    ];

    /// <summary>The origin of plain answers: nginx, with configs/origin.conf.</summary>
    public static Peer PlainOrigin { get; } = new("origin", "nginx", "-v", "origin.conf", ["-e", "stderr", "-c", "{config}"]);

    /// <summary>The first line of what it says about its version; null when it is not installed.</summary>
    public async Task<string?> FindVersionAsync(CancellationToken cancellation)
    {
        if (VersionArgument is null)
        {
            return File.Exists(Program) ? "" : null;
        }

        try
        {
            var text = await ChildProcess.RunAsync(Program, [VersionArgument], cancellation);
            return text.AsSpan().Trim().ToString().Split('\n')[0].Trim();
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Starts it before an origin and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It did not come to listen; the message has what it said.</exception>
    public async Task<RunningPeer> StartAsync(string parentFolder, int originPort, CancellationToken cancellation)
    {
        var port = Ports.Free();
        var tlsPort = Ports.Free();
        var folder = Directory.CreateDirectory(Path.Combine(parentFolder, $"{Name}-{port}")).FullName;
        Certificates.Copy(parentFolder, folder);
        string Fill(string text) => text
            .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{tlsPort}", tlsPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{originPort}", originPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{folder}", folder, StringComparison.Ordinal)
            .Replace("{body}", new string('x', Load.Work.SmallAnswerBytes), StringComparison.Ordinal)
            .Replace("{config}", Path.Combine(folder, Template ?? ""), StringComparison.Ordinal);
        if (Template is not null)
        {
            var template = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "configs", Template), cancellation);
            await File.WriteAllTextAsync(Path.Combine(folder, Template), Fill(template), cancellation);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "16k"), new string('x', Load.Work.LargeAnswerBytes), cancellation);
        var process = ChildProcess.Start(Program, Array.ConvertAll(Arguments, Fill));
        if (!await Ports.WaitAsync(port, process, StartTimeout, cancellation))
        {
            await process.DisposeAsync();
            throw new InvalidOperationException($"{Name} did not start: {process.Errors}");
        }

        return new RunningPeer(this, process, port, tlsPort);
    }
}
