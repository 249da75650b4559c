using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Edge.Commands;

/// <summary><c>edge --version</c>: the version and the commit that it was built from.</summary>
internal sealed class ProductVersion : SynchronousCommandLineAction
{
    /// <summary>Digits of the commit that are told: enough to find it.</summary>
    public const int CommitDigits = 7;

    /// <summary>Such as <c>edge 0.1.0 (abcdef1)</c>; without the commit where the build did not know it.</summary>
    public static string Text => Of(
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(Text);
        return CommonOptions.Success;
    }

    /// <summary>Reads the compiler's form, <c>0.1.0+abcdef1234</c>.</summary>
    internal static string Of(string informational)
    {
        var plus = informational.IndexOf('+', StringComparison.Ordinal);
        return plus < 0
            ? $"edge {informational}"
            : $"edge {informational[..plus]} "
                + $"({informational.AsSpan(plus + 1, Math.Min(CommitDigits, informational.Length - plus - 1))})";
    }
}
