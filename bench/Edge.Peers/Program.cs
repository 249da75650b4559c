using System.CommandLine;
using Edge.Peers.Commands;
using Edge.Peers.Load;

// bench/peers, bench/compare and bench/growth: Edge beside other gateways, beside itself at another commit, and under more and
// more of something. See docs/performance.md.
var root = new RootCommand("Measures Edge beside others, and beside itself.")
{
    PeersCommand.Create(), CompareCommand.Create(), GrowthCommand.Create(),
};
foreach (var role in Roles.Commands())
{
    root.Add(role);
}

return await root.Parse(args).InvokeAsync();
