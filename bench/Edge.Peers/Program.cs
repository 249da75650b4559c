using System.CommandLine;
using Edge.Peers.Commands;
using Edge.Peers.Load;

// bench/peers, bench/compare, bench/growth and bench/failures: Edge beside other gateways, beside itself at another commit, under
// more and more of something, and while upstreams die or its file changes. See docs/performance.md.
var root = new RootCommand("Measures Edge beside others, and beside itself.")
{
    PeersCommand.Create(), CompareCommand.Create(), GrowthCommand.Create(), FailuresCommand.Create(),
};
foreach (var role in Roles.Commands())
{
    root.Add(role);
}

return await root.Parse(args).InvokeAsync();
