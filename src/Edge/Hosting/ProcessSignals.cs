using System.Runtime.InteropServices;

namespace Edge.Hosting;

/// <summary>
/// The signals that steer the process: SIGTERM and SIGINT end it, SIGHUP asks for a reload, or ends it as the others do where
/// there is nothing to reload. The first of them does not kill the process by itself; a second one, while it ends, does.
/// </summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private readonly bool _reloads;
    private volatile Action? _hangUp;

    /// <summary>Begins to listen.</summary>
    /// <param name="reloads">True where SIGHUP asks for a reload; else it ends the process, as a closed terminal should.</param>
    public ProcessSignals(bool reloads)
    {
        _reloads = reloads;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, End),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, End),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, HangUp),
        ];
    }

    /// <summary>Completes when the process is asked to end.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Has SIGHUP call this; null for nothing.</summary>
    public void OnHangUp(Action? action) => _hangUp = action;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void End(PosixSignalContext context)
    {
        // A second one, while the first is being followed, ends the process the hard way.
        context.Cancel = _ended.TrySetResult();
    }

    private void HangUp(PosixSignalContext context)
    {
        if (!_reloads)
        {
            End(context);
            return;
        }

        context.Cancel = true;
        _hangUp?.Invoke();
    }
}
