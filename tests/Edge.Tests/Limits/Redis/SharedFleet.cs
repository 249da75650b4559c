using Edge.Tests.Support;

namespace Edge.Tests.Limits.Redis;

/// <summary>Some gateways in this process, one Garnet that they share limits through, and one upstream behind all.</summary>
internal sealed class SharedFleet : IAsyncDisposable
{
    private readonly List<RunningGateway> _gateways = [];
    private volatile TaskCompletionSource? _held;
    private bool _isStopped;

    private SharedFleet(GarnetStore store, string answer)
    {
        Store = store;
        Upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
            {
                if (_held is { } held) await held.Task;
                await connection.SendAsync(
                    $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}");
            }
        });
    }

    public GarnetStore Store { get; }

    public ScriptedUpstream Upstream { get; }

    public RunningGateway this[int index] => _gateways[index];

    /// <summary>Starts a fleet.</summary>
    /// <param name="count">How many gateways.</param>
    /// <param name="route">More keys of the route.</param>
    /// <param name="upstream">More keys of the upstream.</param>
    /// <param name="answer">The body of every answer of the upstream.</param>
    /// <param name="top">More lines of the file.</param>
    /// <param name="whenDown">The policy.</param>
    public static async Task<SharedFleet> StartAsync(
        int count, string route, string upstream = "", string answer = "{}", string top = "", string whenDown = "closed")
    {
        var fleet = new SharedFleet(await GarnetStore.StartAsync(), answer);
        for (var i = 0; i < count; i++)
        {
            fleet._gateways.Add(await RunningGateway.StartAsync(
                $$"""
                listeners: [{ address: "127.0.0.1:0" }]
                admin: { address: "127.0.0.1:0", token: t }
                redis: { endpoints: ["127.0.0.1:{{fleet.Store.Port}}"], whenDown: {{whenDown}}, timeout: 2s }
                upstreams: { it: { targets: ["{{fleet.Upstream.Url}}"], {{upstream}} } }
                routes:
                  - { name: all, match: { path: "/*" }, upstream: it, {{route}} }
                  - name: other
                    match: { path: "/other" }
                    upstream: it
                    limits: [{ name: o, per: ip, requests: 9, window: day }]
                {{top}}
                """));
        }

        return fleet;
    }

    /// <summary>The upstream answers nothing until <see cref="Go"/>.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Go()
    {
        _held!.SetResult();
        _held = null;
    }

    public async Task StopStoreAsync()
    {
        _isStopped = true;
        await Store.DisposeAsync();
    }

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition()) await Task.Delay(20, patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways) await gateway.DisposeAsync();
        await Upstream.DisposeAsync();
        if (!_isStopped) await Store.DisposeAsync();
    }
}
