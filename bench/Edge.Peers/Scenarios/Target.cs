using Edge.Peers.Running;

namespace Edge.Peers.Scenarios;

/// <summary>Who is measured: a peer at work, or the origin itself.</summary>
/// <param name="Port">Where the callers go.</param>
/// <param name="Peer">The peer; null when the callers go to the origin.</param>
internal sealed record Target(int Port, RunningPeer? Peer);
