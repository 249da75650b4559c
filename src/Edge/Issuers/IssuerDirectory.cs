using System.Collections.Immutable;
using Edge.Core.Configuration;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Issuers;

/// <summary>
/// The issuers of a gateway as they run. It owns them. A reload keeps those whose keys come from the same place, keys included,
/// whatever else the file says of them now. Used by one thread at a time, but for <see cref="Running"/>.
/// </summary>
internal sealed class IssuerDirectory : IAsyncDisposable
{
    private readonly UpstreamSweeper _sweeper;
    private readonly IHostResolver _resolver;
    private readonly ProgramLog _log;
    private ImmutableArray<Issuer> _running = [];

    /// <summary>No issuers yet.</summary>
    public IssuerDirectory(UpstreamSweeper sweeper, IHostResolver resolver, ProgramLog log)
    {
        _sweeper = sweeper;
        _resolver = resolver;
        _log = log;
    }

    /// <summary>Those that run now.</summary>
    public ImmutableArray<Issuer> Running => _running;

    /// <summary>
    /// The issuers of plans, in their order: those that run already, and new ones, which do not fetch before
    /// <see cref="Replace"/>.
    /// </summary>
    public ImmutableArray<Issuer> Prepare(ImmutableArray<IssuerPlan> plans)
    {
        var issuers = ImmutableArray.CreateBuilder<Issuer>(plans.Length);
        foreach (var plan in plans)
        {
            var source = new IssuerSource(plan.Name, plan.Issuer, plan.JwksUri, plan.CaFile, plan.RefreshInterval);
            issuers.Add(Find(source) ?? Make(source));
        }

        return issuers.MoveToImmutable();
    }

    /// <summary>Starts the new ones and stops those that are not among them.</summary>
    public void Replace(ImmutableArray<Issuer> issuers)
    {
        var old = _running;
        _running = issuers;
        foreach (var issuer in issuers)
        {
            if (!old.Contains(issuer))
            {
                issuer.Start();
            }
        }

        foreach (var issuer in old)
        {
            if (!issuers.Contains(issuer))
            {
                // Requests that still hold it go on with its keys; nobody has to wait for its task to end.
                _ = issuer.DisposeAsync().AsTask();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var issuer in _running)
        {
            await issuer.DisposeAsync();
        }

        _running = [];
    }

    private Issuer? Find(IssuerSource source)
    {
        foreach (var issuer in _running)
        {
            if (issuer.Source == source)
            {
                return issuer;
            }
        }

        return null;
    }

    private Issuer Make(IssuerSource source) =>
        new(source, new DocumentFetcher(_sweeper, _resolver, source.CaFile), _sweeper.Time, new Random(), _log);
}
