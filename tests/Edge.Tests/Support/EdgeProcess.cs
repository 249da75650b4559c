using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Edge.Tests.Support;

/// <summary>
/// The real program in a process of its own, for tests that need signals, exit codes or a fresh start. It owns the process,
/// which never outlives it, and the folder with the configuration.
/// </summary>
internal sealed partial class EdgeProcess : IAsyncDisposable
{
    /// <summary>How long starting, and each waiting, may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The signal that asks for an orderly end.</summary>
    public const int SigTerm = 15;

    /// <summary>The signal that asks to read the configuration again.</summary>
    public const int SigHup = 1;

    /// <summary>The signal of Ctrl-C.</summary>
    public const int SigInt = 2;

    private const string ListeningMark = "edge: listening on ";
    private const string AdminMark = "edge: admin on ";
    private const string ReadyMark = "edge: ready";

    private readonly Process _process;
    private readonly DirectoryInfo? _folder;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Task _reading;

    private EdgeProcess(Process process, DirectoryInfo? folder)
    {
        _process = process;
        _folder = folder;
        _reading = Task.WhenAll(
            ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
        _ = _reading.ContinueWith(_ => _lines.Writer.Complete(), TaskScheduler.Default);
    }

    /// <summary>Where it listens for callers, in the order of the configuration.</summary>
    public List<Uri> Listeners { get; } = [];

    /// <summary>Where it listens for administrators, or null.</summary>
    public Uri? Admin { get; private set; }

    /// <summary>The first listener's address.</summary>
    public IPEndPoint Endpoint => new(IPAddress.Parse(Listeners[0].Host), Listeners[0].Port);

    /// <summary>The id of the process.</summary>
    public int Id => _process.Id;

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>What it has written to standard error so far.</summary>
    public string Errors => string.Join('\n', _errors);

    /// <summary>Path of the configuration it was started with, so that a test can change it.</summary>
    public string ConfigurationPath => Path.Combine(_folder!.FullName, "edge.yaml");

    /// <summary>Starts <c>edge run</c> and waits until it is ready.</summary>
    /// <param name="configuration">Text of edge.yaml; use port 0 in it, and <see cref="Listeners"/> for what that became.</param>
    /// <param name="environment">Variables beside the test's own.</param>
    /// <exception cref="InvalidOperationException">It ended instead; the message has what it wrote.</exception>
    public static async Task<EdgeProcess> RunAsync(string configuration, IReadOnlyDictionary<string, string>? environment = null)
    {
        var folder = Directory.CreateTempSubdirectory("edge-test-");
        var path = Path.Combine(folder.FullName, "edge.yaml");
        await File.WriteAllTextAsync(path, configuration, TestContext.Current.CancellationToken);
        var edge = new EdgeProcess(StartProgram(["run", "--config", path], environment), folder);
        try
        {
            await edge.WaitUntilReadyAsync();
            return edge;
        }
        catch
        {
            await edge.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts any command of the program, without waiting for anything.</summary>
    /// <param name="arguments">The command and its options.</param>
    public static EdgeProcess Start(params string[] arguments) => new(StartProgram(arguments, null), null);

    /// <summary>Starts another program: how this class itself is tested.</summary>
    internal static EdgeProcess StartOther(string program, params string[] arguments) =>
        new(Launch(program, arguments, null), null);

    /// <summary>
    /// Waits for the lines <c>edge: listening on URL</c>, one for each listener, <c>edge: admin on URL</c> and at last
    /// <c>edge: ready</c>.
    /// </summary>
    public async Task WaitUntilReadyAsync()
    {
        while (true)
        {
            var line = await WaitForLineAsync(static _ => true);
            if (line.StartsWith(ReadyMark, StringComparison.Ordinal))
            {
                return;
            }

            if (line.StartsWith(ListeningMark, StringComparison.Ordinal))
            {
                Listeners.Add(new Uri(line[ListeningMark.Length..]));
            }
            else if (line.StartsWith(AdminMark, StringComparison.Ordinal))
            {
                Admin = new Uri(line[AdminMark.Length..]);
            }
        }
    }

    /// <summary>Waits for a line, on either output, that no earlier call has passed.</summary>
    /// <param name="wanted">Says whether it is the one.</param>
    /// <exception cref="InvalidOperationException">The program ended without; the message has what it wrote.</exception>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> wanted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(patience.Token))
            {
                if (wanted(line))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The line did not come.\n{Output}\n{Errors}");
        }

        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
        await _reading;
        throw new InvalidOperationException($"The program ended with {_process.ExitCode}.\n{Output}\n{Errors}");
    }

    /// <summary>Sends it a signal.</summary>
    /// <param name="number">Such as <see cref="SigTerm"/>.</param>
    public void Signal(int number)
    {
        if (Kill(_process.Id, number) != 0)
        {
            throw new InvalidOperationException($"kill answered errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Waits for its end; then all output is there.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TimeoutException">It does not end.</exception>
    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Patience, TestContext.Current.CancellationToken);
        await _reading;
        return _process.ExitCode;
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public void KillNow() => _process.Kill();

    /// <summary>Ends the process, if it still runs, and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
        _folder?.Delete(recursive: true);
    }

    private static Process StartProgram(string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        // The program's assembly lies beside the tests' because they reference it.
        var program = Path.Combine(AppContext.BaseDirectory, "edge.dll");
        return Launch(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            [program, .. arguments], environment);
    }

    private static Process Launch(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private async Task ReadAsync(StreamReader reader, ConcurrentQueue<string> all)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            all.Enqueue(line);
            _lines.Writer.TryWrite(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
