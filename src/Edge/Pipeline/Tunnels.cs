namespace Edge.Pipeline;

/// <summary>The switched connections of a gateway, for who counts or ends them. Thread-safe.</summary>
internal sealed class Tunnels
{
    private readonly Lock _gate = new();
    private readonly HashSet<Tunnel> _running = [];
    private bool _saysGoodbye;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>One begins, until <see cref="Remove"/>.</summary>
    public void Add(Tunnel tunnel)
    {
        bool isLate;
        lock (_gate)
        {
            _running.Add(tunnel);
            isLate = _saysGoodbye;
        }

        if (isLate)
        {
            _ = tunnel.SayGoodbyeAsync();
        }
    }

    /// <summary>One has ended.</summary>
    public void Remove(Tunnel tunnel)
    {
        lock (_gate)
        {
            _running.Remove(tunnel);
        }
    }

    /// <summary>Has all of them told, and all that come, that the gateway is about to stop. Does not wait.</summary>
    /// <returns>How many there were.</returns>
    public int SayGoodbye()
    {
        Tunnel[] running;
        lock (_gate)
        {
            _saysGoodbye = true;
            running = [.. _running];
        }

        foreach (var tunnel in running)
        {
            _ = tunnel.SayGoodbyeAsync();
        }

        return running.Length;
    }
}
