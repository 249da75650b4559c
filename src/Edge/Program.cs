using System.CommandLine;
using Edge.Commands;
using Edge.Hosting;

namespace Edge;

/// <summary>The commands of <c>edge</c>.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments)
    {
        RuntimeSwitches.Set();
        var root = new RootCommand("Edge: a gateway in front of LLM providers and other HTTP services.")
        {
            RunCommand.Create(),
            DemoCommand.Create(),
            CheckCommand.Create(),
            SchemaCommand.Create(),
            KeyCommand.Create(),
            TokenCommand.Create(),
            MockCommand.Create(),
            HealthCommand.Create(),
        };
        foreach (var option in root.Options)
        {
            if (option is VersionOption)
            {
                option.Action = new ProductVersion();
            }
        }

        // The library would else give a command two seconds after a signal, and a drain may take minutes: see ProcessSignals.
        return root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }
}
