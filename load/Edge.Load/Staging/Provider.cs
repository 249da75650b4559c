using System.Globalization;
using System.Text.Json;
using Edge.Measuring;

namespace Edge.Load.Staging;

/// <summary>
/// An <c>edge mock</c> of a scenario's own, beside that of the stage, always at the same port. It can be killed and started
/// again, and frozen; for one thread at a time.
/// </summary>
/// <param name="edge">Path of the program.</param>
/// <param name="port">Where it listens, on 127.0.0.1.</param>
internal sealed class Provider(string edge, int port) : IAsyncDisposable
{
    private ChildProcess? _process;

    /// <summary>Starts it, and waits until it listens.</summary>
    public async Task StartAsync(CancellationToken cancellation) => _process = await Stage.StartAsync(
        [edge, "mock", "--port", port.ToString(CultureInfo.InvariantCulture)], port, cancellation);

    /// <summary>Kills it, as a crash would.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        await _process!.KillAsync(cancellation);
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Stops it where it is: connections stay, and nobody answers.</summary>
    public void Freeze() => _process!.Signal(Native.Stop);

    /// <summary>Lets it go on.</summary>
    public void Thaw() => _process!.Signal(Native.Continue);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // One that is frozen does not hear that it is to end.
            Thaw();
            await _process.DisposeAsync();
        }
    }

    /// <summary>The tokens that a mock provider has generated since it was started.</summary>
    public static long TokensOf(byte[] stats)
    {
        using var document = JsonDocument.Parse(stats);
        return document.RootElement.GetProperty("tokens").GetInt64();
    }
}
