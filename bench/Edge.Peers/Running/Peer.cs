using System.ComponentModel;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Measuring;
using Edge.Peers.Load;

namespace Edge.Peers.Running;

/// <summary>
/// A gateway that is measured: how it is started before an origin, and how it says its version. Its configuration is a file of
/// configs/ in which <c>{port}</c>, <c>{tlsPort}</c>, <c>{originPort}</c>, <c>{folder}</c> and a few more stand for what differs.
/// </summary>
/// <param name="Name">In tables and on the command line.</param>
/// <param name="Program">Name or path of the program.</param>
/// <param name="VersionArgument">Makes it print its version; null where it has none to print.</param>
/// <param name="Templates">
/// Files of configs/, or of anywhere by their whole path; the first is the configuration itself. Empty where arguments say it
/// all.
/// </param>
/// <param name="Arguments">Arguments, with the same names, and <c>{config}</c> for the file made from the first template.</param>
internal sealed record Peer(string Name, string Program, string? VersionArgument, string[] Templates, string[] Arguments)
{
    /// <summary>No gateway at all: callers talk to the origin, which tells what the rest of the machine takes.</summary>
    public const string Direct = "direct";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(15);

    private static int Started;

    /// <summary>
    /// The peer that does the same work without policies, whose processor time is taken off this one's of the same round; null
    /// where none is.
    /// </summary>
    public string? Plain { get; init; }

    /// <summary>Files without which it is not installed, beside its program.</summary>
    public string[] Needs { get; init; } = [];

    /// <summary>What further names in the configuration stand for.</summary>
    public KeyValuePair<string, string>[] MoreNames { get; init; } = [];

    /// <summary>Sizes of the files that it serves from its folder's <c>bytes</c>.</summary>
    public int[] FileSizes { get; init; } = [];

    /// <summary>The first line of what it says about its version; null when it is not installed.</summary>
    public async Task<string?> FindVersionAsync(CancellationToken cancellation)
    {
        if (!Array.TrueForAll(Needs, File.Exists))
        {
            return null;
        }

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
        // Not by its port, which another had before it.
        var folder = Directory.CreateDirectory(Path.Combine(parentFolder, $"{Name}-{Interlocked.Increment(ref Started)}"))
            .FullName;
        Certificates.Copy(parentFolder, folder);
        string Fill(string text)
        {
            foreach (var (name, value) in MoreNames)
            {
                text = text.Replace($"{{{name}}}", value, StringComparison.Ordinal);
            }

            return text
                .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{tlsPort}", tlsPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{originPort}", originPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{folder}", folder, StringComparison.Ordinal)
                .Replace("{body}", new string('x', Work.SmallAnswerBytes), StringComparison.Ordinal)
                .Replace("{consumer}", ConsumerToken.Consumer, StringComparison.Ordinal)
                .Replace("{consumerKeyId}", ConsumerToken.KeyId, StringComparison.Ordinal)
                .Replace("{consumerSecret}", ConsumerToken.Secret, StringComparison.Ordinal)
                .Replace("{config}", Templates.Length == 0 ? "" : PathIn(folder, Templates[0]), StringComparison.Ordinal);
        }

        foreach (var template in Templates)
        {
            var text = await File.ReadAllTextAsync(Configs.Find(template), cancellation);
            await File.WriteAllTextAsync(PathIn(folder, template), Fill(text), cancellation);
        }

        await WriteFilesAsync(Directory.CreateDirectory(Path.Combine(folder, "bytes")).FullName, cancellation);
        var arguments = Array.ConvertAll(Arguments, Fill);
        return new RunningPeer(this, await StartAsync(arguments, port, cancellation), port, tlsPort)
        {
            Arguments = arguments,
            Folder = folder,
        };
    }

    /// <summary>Starts its program and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It did not come to listen; the message has what it said.</exception>
    public async Task<ChildProcess> StartAsync(string[] arguments, int port, CancellationToken cancellation)
    {
        var process = ChildProcess.Start(Program, arguments);
        if (await Ports.WaitAsync(port, process, StartTimeout, cancellation))
        {
            return process;
        }

        await process.DisposeAsync();
        throw new InvalidOperationException($"{Name} did not start: {process.Errors}");
    }

    private static string PathIn(string folder, string template) => Path.Combine(folder, Path.GetFileName(template));

    // What can't be compressed, as most of what gateways carry.
    private async Task WriteFilesAsync(string folder, CancellationToken cancellation)
    {
        foreach (var size in FileSizes)
        {
            var path = Path.Combine(folder, size.ToString(CultureInfo.InvariantCulture));
            await File.WriteAllBytesAsync(path, RandomNumberGenerator.GetBytes(size), cancellation);
        }
    }
}
