using System.Collections.Immutable;
using System.Linq;
using System.Security.Cryptography;
using Edge.Core.Configuration;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>
/// Reloads the gateway's configuration on SIGHUP, when an administrator asks for it, and when one of its files has changed and
/// then rested between two looks. A file that is wrong changes nothing, and the log says which line. Listeners cannot be changed
/// without a restart; the log says so.
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
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private Dictionary<string, FileStamp> _stamps;
    private Dictionary<string, FileStamp>? _changing;

    /// <summary>Begins to watch the files of the configuration in force.</summary>
    public ConfigurationWatcher(string path, Gateway gateway, ProcessSignals signals, ProgramLog log, TimeProvider time)
    {
        _path = path;
        _gateway = gateway;
        _signals = signals;
        _log = log;
        _time = time;
        _stamps = Stamps(gateway.Snapshot.Plan);
        signals.OnHangUp(HangUp);
        gateway.Watcher = this;
        _timer = time.CreateTimer(static state => ((ConfigurationWatcher)state!).Look(), this, LookEvery, LookEvery);
    }

    /// <summary>Reloads now, as SIGHUP does, for an administrator. From any thread; reads files meanwhile.</summary>
    public ReloadResult ReloadNow() => ReadAgain("administrator");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _gateway.Watcher = null;
        _signals.OnHangUp(null);
        await _timer.DisposeAsync();
    }

    private static Dictionary<string, FileStamp> Stamps(EdgePlan plan)
    {
        var stamps = new Dictionary<string, FileStamp>(plan.Files.Length, StringComparer.Ordinal);
        foreach (var file in plan.Files)
        {
            stamps[file] = FileStamp.Of(file);
        }

        return stamps;
    }

    private void Look()
    {
        lock (_gate)
        {
            var plan = _gateway.Snapshot.Plan;
            var now = Stamps(plan);
            if (AreSame(plan, now, _stamps))
            {
                _changing = null;
            }
            else if (_changing is { } before && AreSame(plan, now, before))
            {
                Reload("file changed");
            }
            else
            {
                // Whoever writes a file in place may be in the middle of it: half a file can be a valid one with half the routes.
                _changing = now;
            }
        }
    }

    private static bool AreSame(EdgePlan plan, Dictionary<string, FileStamp> one, Dictionary<string, FileStamp> other)
    {
        foreach (var file in plan.Files)
        {
            if (one[file] != other[file])
            {
                return false;
            }
        }

        return true;
    }

    private void HangUp() => ReadAgain("signal");

    private ReloadResult ReadAgain(string cause)
    {
        // First, so that what becomes of the reload stands in the new file.
        _gateway.Audit.Reopen();
        _gateway.Usage.Reopen();
        _gateway.Access.Reopen();
        return Reload(cause);
    }

    private ReloadResult Reload(string cause)
    {
        lock (_gate)
        {
            // Taken before the files are read: what changes while we read is seen at the next look.
            var old = _gateway.Snapshot.Plan;
            var stamps = Stamps(old);
            _changing = null;
            _stamps = stamps;
            var result = ConfigurationLoader.Load(_path, SystemConfigurationSource.Instance);
            if (!result.IsValid)
            {
                foreach (var diagnostic in result.Diagnostics)
                {
                    _log.Diagnosed(diagnostic.ToString());
                }

                var refused = Tell(false, cause, [.. result.Diagnostics.Select(static diagnostic => diagnostic.ToString())]);
                _log.NotReloaded();
                return refused;
            }

            try
            {
                _gateway.Reload(result.Plan);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
            {
                var failed = Tell(false, cause, [exception.Message]);
                _log.ReloadFailed(exception.Message);
                return failed;
            }

            _stamps = Stamps(result.Plan);
            foreach (var (file, stamp) in stamps)
            {
                if (_stamps.ContainsKey(file))
                {
                    _stamps[file] = stamp;
                }
            }

            var told = Tell(true, cause, [$"{result.Plan.Routes.Length} routes, {result.Plan.Upstreams.Length} upstreams"]);
            _log.Reloaded(result.Plan.Routes.Length, result.Plan.Upstreams.Length);
            if (!result.Plan.Listeners.AsSpan().SequenceEqual(old.Listeners.AsSpan()) || result.Plan.Admin != old.Admin)
            {
                _log.ListenersChanged();
            }

            if (result.Plan.LimitState != old.LimitState)
            {
                _log.LimitStateChanged();
            }

            return told;
        }
    }

    // Before the program's log has it: whoever acts on that line finds what it says everywhere else.
    private ReloadResult Tell(bool succeeded, string cause, ImmutableArray<string> said)
    {
        _gateway.Metrics.Reloads.Of(succeeded ? "taken" : "refused").Increment();
        _gateway.Audit.Reloaded(succeeded, cause, said[0]);
        var result = new ReloadResult(succeeded, cause, _time.GetUtcNow(), said);
        _gateway.LastReload = result;
        return result;
    }
}
