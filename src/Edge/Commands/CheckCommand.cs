using System.CommandLine;

namespace Edge.Commands;

/// <summary><c>edge check</c>: whether a configuration is right, without starting anything.</summary>
internal static class CheckCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var command = new Command("check", "Check a configuration: every error with line and column, or 'ok'.") { config };
        command.SetAction(parsed =>
        {
            if (CommonOptions.Load(parsed.GetValue(config)!) is null)
            {
                return CommonOptions.Failure;
            }

            Console.WriteLine("ok");
            return CommonOptions.Success;
        });
        return command;
    }
}
