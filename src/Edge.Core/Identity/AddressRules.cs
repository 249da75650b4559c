using System.Collections.Immutable;
using System.Net;
using Edge.Core.Http;

namespace Edge.Core.Identity;

/// <summary>
/// From where a route may be called. Whoever is denied stays out, even if also allowed; where nobody is allowed by name,
/// everybody else is. Immutable; safe from any thread; allocates nothing when asked.
/// </summary>
/// <param name="allow">Networks that may call; empty: all.</param>
/// <param name="deny">Networks that may not, whatever else is allowed.</param>
public sealed class AddressRules(ImmutableArray<IPNetwork> allow, ImmutableArray<IPNetwork> deny)
{
    private readonly NetworkSet _allowed = new(allow);
    private readonly NetworkSet _denied = new(deny);

    /// <summary>True where a caller at this address may come in.</summary>
    public bool Permit(IPAddress address) =>
        !_denied.Contains(address) && (_allowed.IsEmpty || _allowed.Contains(address));
}
