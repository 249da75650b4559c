using Edge.Core.Configuration;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>
/// Reloads the gateway's configuration on SIGHUP and when one of its files has changed. A file that is wrong changes nothing, and
/// the log says which line. Listeners cannot be changed without a restart; the log says so.
/// </summary>
internal sealed class ConfigurationWatcher : IAsyncDisposable
{
    /// <summary>
    /// Time between two looks at the files. Polling sees what links and mounted secrets do; notifications may not.
    /// </summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Gateway _gateway;
    private readonly ProcessSignals _signals;
    private readonly ProgramLog _log;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private Dictionary<string, DateTime> _written;

    /// <summary>Begins to watch the files of the configuration in force.</summary>
    public ConfigurationWatcher(string path, Gateway gateway, ProcessSignals signals, ProgramLog log, TimeProvider time)
    {
        _path = path;
        _gateway = gateway;
        _signals = signals;
        _log = log;
        _written = LastWritten(gateway.Snapshot.Plan);
        signals.OnHangUp(Reload);
        _timer = time.CreateTimer(static state => ((ConfigurationWatcher)state!).Look(), this, LookEvery, LookEvery);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _signals.OnHangUp(null);
        await _timer.DisposeAsync();
    }

    private static Dictionary<string, DateTime> LastWritten(EdgePlan plan)
    {
        var written = new Dictionary<string, DateTime>(plan.Files.Length, StringComparer.Ordinal);
        foreach (var file in plan.Files)
        {
            written[file] = File.GetLastWriteTimeUtc(file);
        }

        return written;
    }

    private void Look()
    {
        lock (_gate)
        {
            foreach (var (file, written) in _written)
            {
                if (File.GetLastWriteTimeUtc(file) != written)
                {
                    Reload();
                    return;
                }
            }
        }
    }

    private void Reload()
    {
        lock (_gate)
        {
            // Before reading: a change while we read is seen at the next look.
            var old = _gateway.Snapshot.Plan;
            var written = LastWritten(old);
            var result = ConfigurationLoader.Load(_path, SystemConfigurationSource.Instance);
            if (!result.IsValid)
            {
                _written = written;
                foreach (var diagnostic in result.Diagnostics)
                {
                    _log.Say(diagnostic.ToString());
                }

                _log.Say("edge: not reloaded, the configuration in force stays");
                return;
            }

            _gateway.Reload(result.Plan);
            _written = LastWritten(result.Plan);
            _log.Say($"edge: reloaded, {result.Plan.Routes.Length} routes, {result.Plan.Upstreams.Length} upstreams");
            if (!result.Plan.Listeners.AsSpan().SequenceEqual(old.Listeners.AsSpan()) || result.Plan.Admin != old.Admin)
            {
                _log.Say("edge: listeners have changed in the file: restart to change them here");
            }
        }
    }
}
