using System.CommandLine;
using Edge.Peers.Commands;
using Edge.Peers.Load;

// bench/peers, bench/compare, bench/growth, bench/failures and bench/cache-pauses: Edge beside other gateways, beside itself at
// another commit, under more and more of something, while upstreams die or its file changes, and what a full cache costs its
// collector. See docs/performance.md.
var root = new RootCommand("Measures Edge beside others, and beside itself.")
{
    PeersCommand.Create(), CompareCommand.Create(), GrowthCommand.Create(), FailuresCommand.Create(),
    CachePausesCommand.Create(),
};
foreach (var role in Roles.Commands())
{
    root.Add(role);
}

return await root.Parse(args).InvokeAsync();
