using System.Collections.Immutable;
using System.Net;

namespace Edge.Core.Http;

/// <summary>The peers that may tell us who is behind them. Immutable; safe from any thread; allocates nothing when
/// asked.</summary>
public sealed class TrustedProxies(ImmutableArray<IPNetwork> networks)
{
    private readonly NetworkSet _networks = new(networks);

    /// <summary>True where nobody is trusted.</summary>
    public bool IsEmpty => _networks.IsEmpty;

    /// <summary>True where the address lies in one of the networks. An IPv4-mapped one counts as IPv4.</summary>
    public bool Contains(IPAddress address) => _networks.Contains(address);
}
