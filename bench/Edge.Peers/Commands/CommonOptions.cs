using System.CommandLine;
using System.Globalization;
using Edge.Measuring;

namespace Edge.Peers.Commands;

/// <summary>What the commands have in common.</summary>
internal static class CommonOptions
{
    /// <summary>Path of Edge's binary.</summary>
    public static Option<string> Edge() => new("--edge") { Description = "Edge's native binary.", Required = true };

    /// <summary>Where JSON goes.</summary>
    public static Option<string?> Json() => new("--json") { Description = "Also write all values to this file." };

    /// <summary>How often.</summary>
    public static Option<int?> Rounds() => Positive("--rounds", "Rounds; the median of them is what counts.");

    /// <summary>How long.</summary>
    public static Option<int?> Seconds() => Positive("--seconds", "Seconds of each measurement.");

    /// <summary>What was measured where, and when.</summary>
    public static void WriteMachine(TextWriter to, DateTimeOffset measuredAt, double loadBefore)
    {
        to.WriteLine(Machine.Describe());
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{measuredAt:yyyy-MM-dd HH:mm} UTC, load {loadBefore:0.0} before and {Machine.Load():0.0} after"));
    }

    /// <summary>The closing line, and the exit code that belongs to it.</summary>
    public static int Close(int passed, int failed)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{passed} passed, {failed} failed"));
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    /// <summary>A number of at least 1.</summary>
    public static Option<int?> Positive(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description };
        option.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1
                && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value)
                && value < 1)
            {
                result.AddError($"{result.Option.Name} must be at least 1.");
            }
        });
        return option;
    }
}
