using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Edge.Load.Tests;

/// <summary>
/// The default build leaves the NBomber host out, so nothing else would notice when the scenarios change under it. NBomber
/// itself is not needed for that: its signatures are.
/// </summary>
public sealed class NBomberHostTests
{
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        [assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
        """;

    private static readonly CSharpParseOptions WithNBomber =
        new(LanguageVersion.Latest, preprocessorSymbols: ["NBOMBER", "NET10_0", "NET10_0_OR_GREATER"]);

    [Fact]
    public void The_NBomber_host_compiles_against_NBombers_published_signatures() =>
        Assert.Empty(Errors(Sources().Append(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "NBomberSignatures.cs")))));

    [Fact]
    public void Without_those_signatures_it_does_not_compile() => Assert.NotEmpty(Errors(Sources()));

    private static IEnumerable<string> Sources()
    {
        var folder = typeof(NBomberHostTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(static attribute => attribute.Key == "LoadFolder").Value!;
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal))
            .Where(static path => !path.Contains("/bin/", StringComparison.Ordinal))
            .Select(File.ReadAllText);
    }

    private static List<Diagnostic> Errors(IEnumerable<string> sources)
    {
        // The name makes it a friend of what the program is a friend of; the program itself is compiled anew.
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path) is not ("Edge.Load.dll" or "Edge.Load.Tests.dll"))
            .Select(static path => MetadataReference.CreateFromFile(path));
        var trees = sources.Prepend(ImplicitUsings).Select(static text => CSharpSyntaxTree.ParseText(text, WithNBomber));
        var options = new CSharpCompilationOptions(
            OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        return
        [
            .. CSharpCompilation.Create("Edge.Load", trees, references, options).GetDiagnostics()
                .Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error),
        ];
    }
}
