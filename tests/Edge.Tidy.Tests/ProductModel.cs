using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Edge.Tidy.Tests;

/// <summary>What names mean: the product's sources compiled in memory, without what its generators would add.</summary>
public static class ProductModel
{
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    // All that the tests run with, which is all that the product runs with: they refer to it.
    private static readonly Lazy<MetadataReference[]> References = new(static () =>
    [
        .. from path in ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
           where Path.GetFileName(path) is not ("edge.dll" or "Edge.Core.dll")
           select MetadataReference.CreateFromFile(path),
    ]);

    private static readonly Lazy<CSharpCompilation> Product = new(static () =>
        Compile(from file in SourceTree.Files where file.IsCSharp && file.IsIn("src") select file.Root.SyntaxTree));

    /// <summary>The meaning of a file: within the product if it is part of it, else by itself.</summary>
    public static SemanticModel Of(SourceFile file)
    {
        var tree = file.Root.SyntaxTree;
        var compilation = SourceTree.Files.Contains(file) ? Product.Value : Compile([tree]);
        return compilation.GetSemanticModel(tree);
    }

    private static CSharpCompilation Compile(IEnumerable<SyntaxTree> trees)
    {
        var usings = CSharpSyntaxTree.ParseText(ImplicitUsings, SourceFile.Options);
        return CSharpCompilation.Create("product", [usings, .. trees], References.Value,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }
}
