using System.CommandLine;
using Edge.Core.Configuration;

namespace Edge.Commands;

/// <summary><c>edge schema</c>: the JSON Schema of the configuration file, for editors.</summary>
internal static class SchemaCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("schema", "Print the JSON Schema of the configuration file.");
        command.SetAction(static _ =>
        {
            Console.WriteLine(ConfigurationSchema.Write());
            return CommonOptions.Success;
        });
        return command;
    }
}
