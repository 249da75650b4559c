using System.Security.Cryptography.X509Certificates;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;

namespace Edge.Load.Scenarios;

/// <summary>
/// What callers do, what happens meanwhile, and what must hold of the answers. A scenario knows no engine: a host prepares it
/// on a stage, asks for arrivals when it wants them, and judges nothing itself. One object is one run; arrivals run at the same
/// time.
/// </summary>
internal abstract class LoadScenario : IDisposable
{
    private readonly List<Caller> _callers = [];

    /// <summary>On the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it does and what must hold, in a sentence or two.</summary>
    public abstract string About { get; }

    /// <summary>The rate unless the command line says another.</summary>
    public abstract string DefaultRate { get; }

    /// <summary>How long it goes on unless the command line says otherwise.</summary>
    public virtual TimeSpan DefaultDuration => TimeSpan.FromSeconds(20);

    /// <summary>How long it runs before times count.</summary>
    public virtual TimeSpan DefaultWarmUp => TimeSpan.FromSeconds(3);

    /// <summary>Whether the time to the first byte is what callers feel, not the time to the last.</summary>
    public virtual bool IsOfStreams => false;

    /// <summary>How long an answer may take. It is what bounds the run after the last arrival.</summary>
    public virtual TimeSpan AnswerTimeout => TimeSpan.FromSeconds(30);

    /// <summary>Of the scenario's own chance, beside that of arrivals.</summary>
    public ulong Seed { get; set; } = 1;

    /// <summary>What has to be known before there is a stage.</summary>
    public virtual Task BeginAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>What the gateway's file is to say.</summary>
    public virtual GatewaySettings Settings => new();

    /// <summary>The most sockets that the gateway needs at a time, for a run of this plan.</summary>
    public virtual int GatewaySocketsMax(RatePlan plan) => 0;

    /// <summary>The order of arrivals.</summary>
    public virtual Arrivals MakeArrivals() => new EvenArrivals();

    /// <summary>Takes the stage, before the first arrival.</summary>
    public virtual Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        Stage = stage;
        return Task.CompletedTask;
    }

    /// <summary>Asks one question and judges the answer. Never throws for what the other side does.</summary>
    public abstract Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation);

    /// <summary>
    /// What happens to the stage while callers ask; it is ended at the latest when the last question is answered.
    /// </summary>
    public virtual Task DisturbAsync(Timeline timeline, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>What there is to say, and what must hold, when all is over.</summary>
    public virtual Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The stage it was prepared on.</summary>
    protected Stage Stage { get; private set; } = null!;

    /// <summary>Makes a client that lives as long as the scenario.</summary>
    protected Caller MakeCaller(
        Uri address, int receiveBufferBytes = 0, bool http2 = false, Func<X509Certificate2, bool>? trust = null,
        string? name = null)
    {
        var caller = new Caller(address, receiveBufferBytes, http2, trust, name);
        _callers.Add(caller);
        return caller;
    }

    /// <summary>Releases the clients.</summary>
    protected virtual void Dispose(bool disposing)
    {
        foreach (var caller in _callers)
        {
            caller.Dispose();
        }
    }
}
