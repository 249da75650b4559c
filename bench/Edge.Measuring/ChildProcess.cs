using System.Diagnostics;
using System.Text;

namespace Edge.Measuring;

/// <summary>
/// A program that was started here. Its standard output is read line by line, its errors are kept for the case that it fails.
/// Disposing asks it to end (SIGTERM) and kills it when it doesn't; it is only ever stopped by its id.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int EndTimeoutMs = 5_000;
    private const int ErrorCharsMax = 4_096;

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private ChildProcess(Process process) => _process = process;

    /// <summary>Its id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The first of what it wrote to standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString().Trim();
            }
        }
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static ChildProcess Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        var child = new ChildProcess(Process.Start(start)!);
        child._process.ErrorDataReceived += (_, line) => child.KeepError(line.Data);
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>The next line of its standard output; null at its end.</summary>
    public ValueTask<string?> ReadLineAsync(CancellationToken cancellation) =>
        _process.StandardOutput.ReadLineAsync(cancellation);

    /// <summary>All that is left of its standard output, until it ends.</summary>
    public async Task<string> ReadToEndAsync(CancellationToken cancellation)
    {
        var text = await _process.StandardOutput.ReadToEndAsync(cancellation);
        await _process.WaitForExitAsync(cancellation);
        return text;
    }

    /// <summary>Ends its standard input, for which some wait.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Sends it a signal, unless it has ended.</summary>
    public void Signal(int signal)
    {
        if (!_process.HasExited)
        {
            _ = Native.Kill(_process.Id, signal);
        }
    }

    /// <summary>Kills it, as a crash would, and waits until it is gone.</summary>
    public Task KillAsync(CancellationToken cancellation)
    {
        _process.Kill();
        return _process.WaitForExitAsync(cancellation);
    }

    /// <summary>Runs a program to its end and answers what it printed, on both outputs.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        await using var child = Start(program, arguments);
        child.EndInput();
        var text = await child.ReadToEndAsync(cancellation);
        return text + child.Errors;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Native.Kill(_process.Id, Native.Terminate);
            using var timeout = new CancellationTokenSource(EndTimeoutMs);
            try
            {
                await _process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private void KeepError(string? line)
    {
        lock (_errors)
        {
            if (line is not null && _errors.Length < ErrorCharsMax)
            {
                _errors.AppendLine(line);
            }
        }
    }
}
