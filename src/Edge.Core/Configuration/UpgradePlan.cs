using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>Which protocols a route switches to, and how long such a connection may last.</summary>
public sealed record UpgradePlan
{
    /// <summary>WebSocket (RFC 6455), whose handshake and frames the gateway knows.</summary>
    public const string WebSocket = "websocket";

    /// <summary>Names of protocols as the Upgrade header has them (RFC 9110, section 7.8), in lower case.</summary>
    public required ImmutableArray<string> Protocols { get; init; }

    /// <summary>The connection ends when no byte has passed, either way, for so long.</summary>
    public required TimeSpan Idle { get; init; }

    /// <summary>It ends after so long in any case.</summary>
    public required TimeSpan Total { get; init; }
}
