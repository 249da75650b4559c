namespace Edge.Hosting;

/// <content>What reads its configuration again.</content>
internal sealed partial class Gateway
{
    private volatile ConfigurationWatcher? _watcher;
    private volatile ReloadResult? _lastReload;

    /// <summary>Watches the files of its configuration; null where it has none, as in the demo.</summary>
    public ConfigurationWatcher? Watcher
    {
        get => _watcher;
        set => _watcher = value;
    }

    /// <summary>What became of the last time that the configuration was read again; null before the first.</summary>
    public ReloadResult? LastReload
    {
        get => _lastReload;
        set => _lastReload = value;
    }
}
