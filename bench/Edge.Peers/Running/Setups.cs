using System.Runtime.InteropServices;

namespace Edge.Peers.Running;

/// <summary>The gateways, by what they are set up for.</summary>
internal static class Setups
{
    /// <summary>Edge's configuration for the chain. While there is none, the chain is measured without Edge.</summary>
    private const string EdgeChain = "edge-chain.yaml";

    /// <summary>Edge's configuration for the cache. While there is none, there is nothing to compare caches with.</summary>
    private const string EdgeCache = "edge-cache.yaml";

    /// <summary>Edge without policies, beside Edge with them.</summary>
    private const string EdgePlain = "edge-plain";

    private static readonly KeyValuePair<string, string>[] NoMoreRoutes = [new("moreRoutes", "")];

    private static readonly string Multiarch =
        RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

    /// <summary>Names of all gateways.</summary>
    public static string[] PeerNames { get; } =
        ["edge", EdgePlain, "nginx", "haproxy", "yarp", "nginx-lua", "nginx-cache", "varnish"];

    /// <summary>The setups that there is something to measure of.</summary>
    public static bool IsThere(Setup setup) => setup != Setup.Cache || Configs.Has(EdgeCache);

    /// <summary>The gateways that can do it, in the order of the tables.</summary>
    public static Peer[] Peers(Setup setup, string edge, string yarp) => setup switch
    {
        Setup.Plain => [Edge(edge, "edge.yaml"), Nginx("nginx", "nginx.conf"), HAProxy, Yarp(yarp)],
        Setup.Chain =>
        [
            .. Configs.Has(EdgeChain) ? [Edge(edge, EdgeChain) with { Plain = EdgePlain }] : Array.Empty<Peer>(),

            // The same request with all policies off: what the chain is to be compared with.
            Edge(edge, "edge.yaml") with { Name = EdgePlain },
            Nginx("nginx", "nginx.conf"),
            Nginx("nginx-lua", "nginx-lua.conf", "chain.lua") with
            {
                Plain = "nginx",
                Needs =
                [
                    "/usr/lib/nginx/modules/ndk_http_module.so",
                    "/usr/lib/nginx/modules/ngx_http_lua_module.so",
                    $"/usr/lib/{Multiarch}/lua/5.1/cjson.so",
                ],
                MoreNames = [new("multiarch", Multiarch)],
            },
        ],
        _ => [Edge(edge, EdgeCache), Nginx("nginx-cache", "nginx-cache.conf"), Varnish],
    };

    /// <summary>Edge with a configuration.</summary>
    public static Peer Edge(string program, string template) =>
        new("edge", program, "--version", [template], ["run", "--config", "{config}"]) { MoreNames = NoMoreRoutes };

    /// <summary>nginx with a configuration.</summary>
    public static Peer Nginx(string name, params string[] templates) =>
        new(name, "nginx", "-v", templates, ["-e", "stderr", "-c", "{config}"]) { MoreNames = NoMoreRoutes };

    /// <summary>The origin of plain answers, which has files of these sizes.</summary>
    public static Peer PlainOrigin(params int[] fileSizes) => Nginx("origin", "origin.conf") with { FileSizes = fileSizes };

    private static Peer HAProxy { get; } = new("haproxy", "haproxy", "-v", ["haproxy.cfg"], ["-db", "-f", "{config}"]);

    private static Peer Varnish { get; } = new(
        "varnish", "varnishd", "-V", ["varnish.vcl"],
        [
            "-F", "-j", "none", "-n", "{folder}/varnish", "-a", "127.0.0.1:{port}", "-T", "none", "-s", "malloc,64m",
            "-f", "{config}",
        ]);

    private static Peer Yarp(string program) =>
        new("yarp", program, null, [], ["{port}", "{tlsPort}", "{originPort}", "{folder}"]);
}
