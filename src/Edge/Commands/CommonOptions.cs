using System.CommandLine;
using System.Globalization;
using Edge.Core.Configuration;

namespace Edge.Commands;

/// <summary>Options and steps that several commands share.</summary>
internal static class CommonOptions
{
    /// <summary>Exit code of a command that did what was asked.</summary>
    public const int Success = 0;

    /// <summary>Exit code of a command that could not.</summary>
    public const int Failure = 1;

    /// <summary>The configuration file.</summary>
    public static Option<string> Config() => new("--config", "-c")
    {
        Description = "The configuration file",
        DefaultValueFactory = static _ => "edge.yaml",
        HelpName = "file",
    };

    /// <summary>A port on the loopback address.</summary>
    public static Option<int> Port(int standard) => new("--port", "-p")
    {
        Description = "Port on 127.0.0.1; 0 lets the system choose",
        DefaultValueFactory = _ => standard,
        HelpName = "port",
        CustomParser = static result =>
        {
            if (!ushort.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            {
                result.AddError($"A port is a number from 0 to {ushort.MaxValue}.");
            }

            return port;
        },
    };

    /// <summary>Loads a configuration; where that fails, all errors go to stderr and the result is null.</summary>
    public static EdgePlan? Load(string path)
    {
        var result = ConfigurationLoader.Load(path, SystemConfigurationSource.Instance);
        foreach (var diagnostic in result.Diagnostics)
        {
            Console.Error.WriteLine(diagnostic);
        }

        return result.Plan;
    }
}
