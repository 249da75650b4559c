using System.Text.Json;
using Edge.Measuring;
using Edge.Peers.Load;

namespace Edge.Peers.Scenarios;

/// <summary>
/// A generator in a process of its own. When it says that it begins and ends, the peer's processor time is read, so that neither
/// its start nor its warm-up are in the figures.
/// </summary>
internal sealed class Generator : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly Target _target;

    private Generator(ChildProcess process, Target target)
    {
        _process = process;
        _target = target;
    }

    /// <summary>Processor time that the peer used between begin and end, in nanoseconds; null without a peer.</summary>
    public long? ProcessorNs { get; private set; }

    /// <summary>Starts one of the <see cref="Roles"/>, and waits until its warm-up is over.</summary>
    public static async Task<Generator> StartAsync(string[] arguments, Target target, CancellationToken cancellation)
    {
        var process = ChildProcess.Start(Environment.ProcessPath!, arguments);
        var generator = new Generator(process, target);
        try
        {
            await generator.ExpectAsync(Roles.BeginLine, cancellation);
            generator.ProcessorNs = -target.Peer?.ProcessorNs;
            return generator;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it has measured, and answers what it found.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public async Task<T> ResultAsync<T>(CancellationToken cancellation)
    {
        await ExpectAsync(Roles.EndLine, cancellation);
        ProcessorNs += _target.Peer?.ProcessorNs;
        var line = await _process.ReadLineAsync(cancellation);
        return JsonSerializer.Deserialize<T>(line ?? "null")
            ?? throw new InvalidOperationException("The generator said nothing.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.EndInput();
        await _process.DisposeAsync();
    }

    private async Task ExpectAsync(string wanted, CancellationToken cancellation)
    {
        if (await _process.ReadLineAsync(cancellation) is { } line)
        {
            if (line != wanted)
            {
                throw new InvalidOperationException($"The generator said '{line}'.");
            }
        }
        else
        {
            await _process.ReadToEndAsync(cancellation);
            throw new InvalidOperationException($"The generator failed: {_process.Errors.Split('\n')[0]}");
        }
    }
}
